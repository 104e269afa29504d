"""Settings: one declaration gives the check, the environment, the commented file and the page."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from veille.errors import ExitCode, SettingsError
from veille.settings import Settings, commented, load, own_handle, reference
from veille.settings.declaration import SECTIONS

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
ASSIGNMENT = re.compile(r"^#+(\w+ = )", re.MULTILINE)
ONE_HASH = re.compile(r"^#(\w+ = )", re.MULTILINE)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "veille.toml"


@pytest.fixture
def read(toml: Path):
    """Settings of a file with this text, under this environment."""

    def reading(text: str = "", **environ: str) -> Settings:
        toml.write_text(text, encoding="utf-8")
        return load(toml, environ)

    return reading


@pytest.fixture
def refused(read):
    """What is said of settings that cannot be used: always on one line, always exit 2."""

    def refusing(text: str = "", **environ: str) -> str:
        with pytest.raises(SettingsError) as caught:
            read(text, **environ)
        assert caught.value.exit_code is ExitCode.USAGE
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return refusing


def test_the_defaults_of_the_contract(read) -> None:
    settings = read()
    assert (settings.veille.locale, settings.veille.base_url) == ("fr", None)
    assert settings.database.url == "sqlite:///veille.db"
    collect = settings.collect
    assert (collect.concurrency, collect.per_host, collect.timeout) == (32, 2, 30)
    assert (collect.max_bytes, collect.first_fetch) == (10_000_000, 50)
    assert (collect.allow_private, collect.full_text) == (False, "on-keep")
    assert settings.mail.transport == "folder"
    assert settings.smtp.security == "starttls"


def test_the_keys_of_the_contract_are_all_declared() -> None:
    assert {section: set(declared.__struct_fields__) for section, declared in SECTIONS.items()} == {
        "veille": {"name", "locale", "timezone", "base_url", "credits"},
        "database": {"url"},
        "collect": {
            "concurrency", "per_host", "spacing", "timeout", "max_bytes", "user_agent",
            "allow_private", "full_text", "first_fetch",
        },
        "workflow": {
            "editors", "approvals", "four_eyes", "send", "send_at", "draft_days", "remind_days",
            "freeze_days", "thanks", "curators",
        },
        "retention": {"untouched"},
        "run": {
            "collect_every", "operator", "backup_at", "backup_folder", "backup_keep", "log",
            "metrics", "worker_timeout", "workers",
        },
        "lint": {"errors", "warnings", "off"},
        "mail": {
            "transport", "sender", "reply_to", "bounce_address", "rate", "late_after", "verp",
            "dkim_key_file", "dkim_selector", "dkim_domain",
        },
        "smtp": {
            "host", "port", "security", "user", "ca_file", "connections", "timeout", "final_timeout",
            "password_env", "password_file", "password_command",
        },
        "mailbox": {
            "maildir", "host", "port", "security", "ca_file", "user", "password_env",
            "password_file", "password_command", "folder", "move_to", "bounces",
        },
        "web": {"leave_url"},
        "serve": {"listen", "trusted_proxy", "read_only", "rate"},
    }  # fmt: skip


def test_values_are_read(read) -> None:
    settings = read(
        '[veille]\nname = "Musée"\ntimezone = "Europe/Paris"\n'
        '[collect]\ntimeout = 2.5\nallow_private = ["127.0.0.1", "10.1.0.0/16", "::1"]\n'
        '[mail]\nsender = "La veille <veille@example.org>"\n'
    )
    assert settings.veille.name == "Musée"
    assert settings.collect.timeout == 2.5
    assert settings.collect.allow_private == ("127.0.0.1", "10.1.0.0/16", "::1")
    assert settings.mail.sender == "La veille <veille@example.org>"


def test_a_byte_order_mark_does_not_hurt(toml: Path) -> None:
    toml.write_bytes(b"\xef\xbb\xbf[veille]\nname = 'x'\n")
    assert load(toml, {}).veille.name == "x"


def test_the_user_agent_is_completed(read) -> None:
    """H20: veille/VERSION (+contact URL), unless another one is set."""
    assert re.fullmatch(r"veille/\d+\.\d+\.\d+", read().collect.user_agent)
    with_contact = read('[veille]\nbase_url = "https://example.org/v/"').collect.user_agent
    assert with_contact.endswith(" (+https://example.org/v)")
    assert read('[collect]\nuser_agent = "mine/1"').collect.user_agent == "mine/1"


@pytest.mark.parametrize("url", ["https://example.org/veille", "https://example.org/veille/"])
def test_the_address_of_the_archive_has_one_form(read, url: str) -> None:
    assert read(f'[veille]\nbase_url = "{url}"').veille.base_url == "https://example.org/veille"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            "[collect]\nper_hots = 3",
            2,
            "unknown key 'per_hots' in [collect]: did you mean 'per_host'?",
        ),
        ("[mail]\nzzz = 1", 2, "there are bounce_address, dkim_domain, dkim_key_file"),
        ("# x\n[colect]\ntimeout = 3", 2, "unknown section [colect]: did you mean 'collect'?"),
        ('\ntimezone = "UTC"', 2, "'timezone' stands before any section: move it below [veille]"),
        ("zzz = 1", 1, "'zzz' stands before any section: there are collect,"),
        ("collect = 3", 1, "[collect] is a table of settings, not a value"),
        (
            '[collect]\n\nconcurrency = "many"',
            3,
            "collect.concurrency: expected whole number, got text",
        ),
        ("[collect]\nconcurrency = true", 2, "expected whole number, got bool"),
        (
            "[collect]\nallow_private = [3]",
            2,
            "collect.allow_private: expected text, got whole number",
        ),
        ('[veille]\nlocale = "de"', 2, "veille.locale: expected one of fr, en"),
        ("[collect]\nfull_text = 1", 2, "expected one of on-keep, always, never"),
        ("[collect]\na = = 3", 2, "not TOML: Invalid value"),
        ('[veille]\nname = "', 2, "not TOML"),
        ("[mail]\n[veille]\n[mail]", 3, "not TOML: [mail] is there twice: keep one, with all keys"),
        ("[veille]\nname = 'a'\nname = 'b'", 3, "not TOML: Cannot overwrite a value"),
    ],
)
def test_mistakes_are_told_with_file_line_and_nearest_name(
    refused, toml: Path, text: str, line: int, said: str
) -> None:
    """G1: unknown key, wrong type, TOML error."""
    message = refused(text)
    assert message.startswith(f"{toml}, line {line}: ")
    assert said in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("per_host", "0"),
        ("per_host", "-1"),
        ("concurrency", "0"),
        ("concurrency", "100_000"),
        ("timeout", "0"),
        ("timeout", "-5"),
        ("timeout", "nan"),
        ("timeout", "inf"),
        ("max_bytes", "0"),
        ("first_fetch", "-1"),
        ("allow_private", '["10.0.0.1/8"]'),
        ("allow_private", '["localhost"]'),
        ("user_agent", '"a\\nX-Header: b"'),
    ],
)
def test_collecting_keeps_within_bounds(refused, key: str, value: str) -> None:
    """G2: nothing negative, nothing that would never fetch, no header injection."""
    assert "line 2" in refused(f"[collect]\n{key} = {value}")


@pytest.mark.parametrize("zone", ["Europe/Pari", "Europe", "../etc/passwd", "/etc/passwd", ""])
def test_a_time_zone_must_exist(refused, zone: str) -> None:
    """T12: told at the start, not at the first edition."""
    assert "there is no time zone" in refused(f'[veille]\ntimezone = "{zone}"')


@pytest.mark.parametrize(
    "url",
    [
        "example.org",
        "ftp://example.org",
        "https://",
        "https://u:p@example.org",
        "https://e.org/?a=b",
        "https://e.org/#a",
    ],
)
def test_the_archive_is_read_over_http(refused, url: str) -> None:
    assert "base_url is an http(s) address" in refused(f'[veille]\nbase_url = "{url}"')


@pytest.mark.parametrize(
    "address", ["x", "a@b, c@d", "a b@c", "a@b>\\r\\nBcc: x@y", "A <a@b", "<>"]
)
@pytest.mark.parametrize("key", ["sender", "reply_to", "bounce_address"])
def test_an_address_is_one_address(refused, key: str, address: str) -> None:
    """M8: nothing that adds a recipient or a header."""
    assert f"{key} is one mail address" in refused(f'[mail]\n{key} = "{address}"')


@pytest.mark.parametrize("url", ["mysql://x/y", "veille.db", "sqlite:veille.db"])
def test_the_database_is_one_we_know(refused, url: str) -> None:
    assert "sqlite:/// or postgresql+psycopg://" in refused(f'[database]\nurl = "{url}"')


CANARY = "hunter2-canary"


@pytest.mark.parametrize(
    "text",
    [
        f'[smtp]\npassword = "{CANARY}"',
        f'[smtp]\nsmtp_password = "{CANARY}"',
        f'[collect]\npassword = "{CANARY}"',
        f'[database]\nurl = "postgresql+psycopg://veille:{CANARY}@db/veille"',
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_shown(refused, text: str) -> None:
    """G3: secrets come from the environment, a file or a command."""
    message = refused(text)
    assert "never kept in this file" in message
    assert CANARY not in message


def test_the_database_address_may_hold_its_password_in_the_environment(read) -> None:
    url = f"postgresql+psycopg://veille:{CANARY}@db/veille"
    assert read(VEILLE_DATABASE_URL=url).database.url == url


def test_the_password_is_found_in_one_place(refused, read) -> None:
    assert read('[smtp]\npassword_file = "/run/x"').smtp.password_file == "/run/x"
    message = refused('[smtp]\npassword_env = "A"\npassword_command = "b"')
    assert "line 3: password_env and password_command are both set: keep one" in message


def test_smtp_needs_a_server_and_a_sender(refused, read) -> None:
    assert "set smtp.host" in refused('[mail]\ntransport = "smtp"')
    assert "set mail.sender" in refused('[mail]\ntransport = "smtp"\n[smtp]\nhost = "mx"')
    assert read('[mail]\ntransport = "smtp"\nsender = "a@b"\n[smtp]\nhost = "mx"').smtp.host == "mx"


@pytest.mark.parametrize(
    ("variable", "value", "section", "key", "expected"),
    [
        ("VEILLE_VEILLE_NAME", "42", "veille", "name", "42"),
        ("VEILLE_COLLECT_PER_HOST", "3", "collect", "per_host", 3),
        ("VEILLE_COLLECT_TIMEOUT", "2.5", "collect", "timeout", 2.5),
        ("VEILLE_COLLECT_ALLOW_PRIVATE", "true", "collect", "allow_private", True),
        ("VEILLE_COLLECT_ALLOW_PRIVATE", "0", "collect", "allow_private", False),
        ("VEILLE_COLLECT_ALLOW_PRIVATE", "::1, 10.0.0.0/8", "collect", "allow_private", ("::1", "10.0.0.0/8")),
        ("VEILLE_MAIL_SENDER", "a@b.org", "mail", "sender", "a@b.org"),
        ("VEILLE_SMTP_PASSWORD_ENV", "X", "smtp", "password_env", "X"),
        ("VEILLE_COLLECT_USER_AGENT", "", "collect", "user_agent", "file/1"),
    ],
)  # fmt: skip
def test_the_environment_wins_in_the_type_of_the_key(
    read, variable: str, value: str, section: str, key: str, expected: Any
) -> None:
    text = '[collect]\nuser_agent = "file/1"\nper_host = 9\n[veille]\nname = "file"'
    settings = read(text, **{variable: value})
    assert getattr(getattr(settings, section), key) == expected


def test_variables_that_are_no_settings_are_left_alone(read) -> None:
    read(VEILLE_WORKSPACE="/x\ny", VEILLE_CURATOR="camille", VEILLE_SMTP_PASSWORD="s", PATH="\n")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("VEILLE_COLLECT_PERHOST", "3", "did you mean 'VEILLE_COLLECT_PER_HOST'?"),
        ("VEILLE_COLLECT_PER_HOST", "two", "collect.per_host: expected whole number, got text"),
        ("VEILLE_COLLECT_PER_HOST", "0", "expected whole number >= 1"),
        ("VEILLE_VEILLE_TIMEZONE", "Mars/Olympus", "there is no time zone 'Mars/Olympus'"),
    ],
)
def test_mistakes_in_the_environment_name_the_variable(
    refused, variable: str, value: str, said: str
) -> None:
    message = refused(**{variable: value})
    assert message.startswith(f"in the environment, {variable}")
    assert said in message


@pytest.mark.parametrize("value", [f"{CANARY}\nVEILLE_X=1", f"{CANARY}\r", f"{CANARY}\x1b[2J"])
def test_a_line_break_in_a_variable_is_refused(refused, value: str) -> None:
    """G5: injection over a .env file; the value may be a secret and is not shown."""
    message = refused(VEILLE_MAIL_SENDER=value)
    assert "VEILLE_MAIL_SENDER" in message
    assert CANARY not in message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml: cannot be read: No such file"):
        load(tmp_path / "nowhere.toml", {})
    latin = tmp_path / "veille.toml"
    latin.write_bytes("[veille]\nname = 'Musée'".encode("latin-1"))
    with pytest.raises(SettingsError, match="not in UTF-8"):
        load(latin, {})


def test_the_commented_file_changes_nothing(read) -> None:
    assert read(commented()) == read("")


def test_the_commented_file_shows_every_key_at_its_default(read) -> None:
    """Taking one # away from every key gives the defaults, and an example where there is none."""
    text = commented()
    shown = ASSIGNMENT.findall(text)
    assert len(shown) == sum(len(declared.__struct_fields__) for declared in SECTIONS.values())
    uncommented, defaults = read(ONE_HASH.sub(r"\1", text)), read()
    for section, declared in SECTIONS.items():
        for key in declared.__struct_fields__:
            default = getattr(getattr(defaults, section), key)
            value = getattr(getattr(uncommented, section), key)
            assert default in (None, value) or key == "user_agent"


@pytest.mark.parametrize("way", ["password_env", "password_file", "password_command"])
def test_each_way_to_the_password_can_be_uncommented(read, way: str) -> None:
    text = re.sub(rf"^#+({way} = )", r"\1", commented(), flags=re.MULTILINE)
    assert getattr(read(text).smtp, way)


def test_the_commented_file_takes_values(read) -> None:
    name = 'Musée "d’Orsay" \\ 東京'
    text = commented(
        {
            "veille": {"name": name, "locale": "en"},
            "collect": {"allow_private": True, "per_host": 4},
        }
    )
    settings = read(text)
    assert (settings.veille.name, settings.veille.locale) == (name, "en")
    assert (settings.collect.allow_private, settings.collect.per_host) == (True, 4)
    lists = commented({"collect": {"allow_private": ("::1", "10.0.0.0/8")}})
    assert read(lists).collect.allow_private == ("::1", "10.0.0.0/8")


def test_a_hostile_name_cannot_break_out_of_the_file(read) -> None:
    text = commented({"veille": {"name": 'x"\n[smtp]\nhost = "evil\x7f'}})
    assert tomllib.loads(text)["veille"]["name"] == 'x" [smtp] host = "evil'
    assert read(text).smtp.host is None


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run 'make docs'"


def test_the_page_names_every_key_and_its_variable() -> None:
    page = reference()
    for section, declared in SECTIONS.items():
        for key in declared.__struct_fields__:
            assert f"`VEILLE_{section.upper()}_{key.upper()}`" in page
    assert "| `per_host` | whole number, 1 to 16 | `2` |" in page
    assert '| `locale` | `fr`, `en` | `"fr"` |' in page


def test_everybody_may_have_a_file_of_their_own(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert own_handle(environ) is None
    own = tmp_path / "veille" / "config.toml"
    own.parent.mkdir()
    for text, handle in [
        ('[curator]\nhandle = "camille"', "camille"),
        ("[curator]", None),
        ('[curator]\nhandle = ""', None),
        ("curator = 3", None),
    ]:
        own.write_text(text)
        assert own_handle(environ) == handle


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[curator", "not TOML"),
        (b"[curator]\nhandle = 3", "handle is a text"),
        (b"\xff", "not in UTF-8"),
    ],
)
def test_an_own_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    own = tmp_path / "veille" / "config.toml"
    own.parent.mkdir()
    own.write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        own_handle({"XDG_CONFIG_HOME": str(tmp_path)})


def test_without_xdg_the_system_says_where_the_own_file_is() -> None:
    from platformdirs import user_config_path

    from veille.settings.personal import own_file

    assert own_file({}) == user_config_path("veille") / "config.toml"
