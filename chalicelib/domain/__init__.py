"""The rules of accounts receivable, pure: standard library only, time and ids are arguments."""
