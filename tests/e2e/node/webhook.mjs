// Verifies a webhook's request, given as JSON on standard input, and prints its event.
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const { body, headers, secret } = JSON.parse(readFileSync(0, "utf8"));
const client = new OpenAI({ apiKey: "none", webhookSecret: secret });
const event = await client.webhooks.unwrap(body, headers);
await client.webhooks.unwrap(`${body} `, headers).then(
  () => process.exit(1),
  () => console.log(JSON.stringify(event)),
);
