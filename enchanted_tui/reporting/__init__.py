"""A campaign on one page that needs nothing else: for colleagues, for the record, for later."""
