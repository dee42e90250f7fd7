"""The admin's workbench: from an address or a file to a list that is read the same way from then on, without code."""
