"""Every port in memory: the use cases' tests run on these, the contract suite checks them."""
