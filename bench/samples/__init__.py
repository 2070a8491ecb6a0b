"""What the committed sample tenants are made of; :mod:`sample` beside this package writes them."""
