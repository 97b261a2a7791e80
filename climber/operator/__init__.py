"""The crew's page on 127.0.0.1: looks at the climb and can stop it. Losing it does not disturb the climb."""
