"""The projects here are data, also where a file of theirs is called test_something.py."""

collect_ignore_glob = ["*"]
