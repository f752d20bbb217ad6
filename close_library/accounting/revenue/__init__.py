"""Revenue and contract balances (ASC 606): pricing, recognition, positions, roll-forwards, disclosures."""
