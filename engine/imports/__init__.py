"""Excel workbooks of the company's data and of what stands open on paper: read, planned, shown, applied, and compared with what stands."""
