"""Operations as flows, and what runs them: requests, retries, threads and tasks."""
