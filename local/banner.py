"""What a run prints when it is ready: URL, key, and examples to paste."""

from __future__ import annotations

BANNER = """
Larder is ready. Open the console with this link, within five minutes. 'larder console demo' prints
another one.

  {link}

  base URL   {url}
  API key    {key}    (project "demo")
  variables  {env}    (source it; 'larder' and 'make demo' find it)

In a second terminal:

  . .venv/bin/activate

Upload a file:

  curl {url}/files -H "Authorization: Bearer {key}" -F purpose=user_data -F file=@README.md

Use the OpenAI SDK (python):

  from openai import OpenAI
  client = OpenAI(base_url="{url}", api_key="{key}")
  print(client.files.create(file=open("README.md", "rb"), purpose="user_data"))
  print(client.files.list().data)

Run a batch of 20 questions, which takes the embedded model about a minute:

  larder batch run examples/requests.jsonl -o answers.jsonl

Upload a large file directly (python):

  import httpx, pathlib
  data = pathlib.Path("README.md").read_bytes()
  api = httpx.Client(base_url="{url}", headers={{"Authorization": "Bearer {key}"}})
  upload = api.post("/uploads", json={{"filename": "README.md", "purpose": "user_data",
                                      "bytes": len(data), "mime_type": "text/markdown"}}).json()
  httpx.put(upload["transfer"]["url"], content=data, headers=upload["transfer"]["headers"])
  print(api.post(f"/uploads/{{upload['id']}}/complete", json={{"part_ids": []}}).json())
"""

FOLLOWS = "The functions' logs follow. 'make deploy-local' deploys a code change. Ctrl-C stops it."
"""The last line of what a run prints before its logs."""


def banner(url: str, key: str, env: object, link: str) -> str:
    """Return the text for that base URL, API key, path of the variables file, and console link."""
    return f"{BANNER.format(url=url, key=key, env=env, link=link)}\n{FOLLOWS}"
