"""The MAVLink dialect: `highmast.xml` is the source, `highmast.py` is generated from it."""
