"""Reports as one HTML file each: no scripts, nothing fetched, plots as inline SVG."""
