"""Code mutants: the rules of money broken one by one, and the tests that must notice."""
