"""Tests of the JSON API, through Chalice's own test client and the app as it is deployed."""
