"""The Store and Keys tables: key strings, items, transactions, and the records kept in them."""
