"""What was claimed is sent once, and what became of it is recorded."""
