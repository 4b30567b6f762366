"""One function per verb a user would name: gather through the ports, ask the domain, apply."""
