"""The built-in rules, one a module. Whatever module here defines a rule is found; nothing lists them."""
