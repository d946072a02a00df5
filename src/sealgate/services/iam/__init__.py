"""Who there is and what they may do: users, groups, roles, keys and policies of one account at a time."""
