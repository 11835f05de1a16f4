"""Help: guides of the first day, questions, words, and the manual; all of it data in the YAML files of this folder."""
