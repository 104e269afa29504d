"""What `make bench` runs, and runners that compare the program with a corpus."""
