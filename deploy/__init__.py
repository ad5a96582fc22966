"""How it is put in place: images, brokers, migrations."""
