"""What strangers verify: lines, tree, manifest, receipts, and how. No database, network or settings."""
