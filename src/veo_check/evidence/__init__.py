"""Bundles, proofs, manifest, diff."""
