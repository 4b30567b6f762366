"""What Duecourse ships beside `app.py`: domain, services, ports, adapters and the two edges."""
