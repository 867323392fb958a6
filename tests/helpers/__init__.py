"""What tests share: one campaign harness, servers, terminals, and parts that workers import by
name.
"""
