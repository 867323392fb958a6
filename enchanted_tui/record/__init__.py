"""The record of a campaign: the journal, the state that is folded from it, and what is read from
both.
"""
