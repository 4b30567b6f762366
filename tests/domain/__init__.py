"""The rules, tested without any world around them."""
