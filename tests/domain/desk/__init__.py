"""The AR desk's topics, each by itself."""
