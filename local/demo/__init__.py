"""`make demo`: a tour of the main job on the running local stack."""
