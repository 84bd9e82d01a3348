"""From files in any known layout to an aligned dataset in a store."""
