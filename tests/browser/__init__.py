"""The pages as a person sees them: Chromium goes through them in two languages and at two widths. Never a fake."""
