"""One story per role and main job, told in a real browser at 360 and at 1366 px; the pictures of the manual are made on the way."""
