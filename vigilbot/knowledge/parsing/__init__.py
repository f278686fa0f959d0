"""Documents of any kind to text. What is written in a hostile format is read in a child process with hard limits."""
