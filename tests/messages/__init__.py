"""Mails and text messages: words, forms, headers."""
