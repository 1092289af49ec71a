"""Video model ids in a tree of files: where they stand, found at the speed of a search tool."""
