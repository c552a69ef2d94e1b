// Writes the samples of the AI SDK of Vercel: node runs/ai_sdk.mjs FOLDER VERSION, with `ai` and `zod` installed.
import * as ai from "ai";
import * as test from "ai/test";
import fs from "node:fs";
import { z } from "zod";

const [folder, version] = process.argv.slice(2);
const Model = test.MockLanguageModelV4 ?? test.MockLanguageModelV3;
const prompt = "Add 2 and 3, then divide 1 by 0.";
const call = (id, toolName, input) => [{ type: "tool-call", toolCallId: id, toolName, input }];
const script = [
  call("call_1", "add", '{"a":2,"b":3}'),
  call("call_2", "divide", '{"a":1,"b":0}'),
  [{ type: "text", text: "The sum is 5; dividing by zero is not possible." }],
];
let turn = 0;
const doGenerate = async () => ({
  content: script[turn++],
  finishReason: { unified: turn < script.length ? "tool-calls" : "stop", raw: "x" },
  usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
  warnings: [],
});
const inputSchema = z.object({ a: z.number(), b: z.number() });
const divide = async () => {
  throw new Error("division by zero");
};
const result = await ai.generateText({
  model: new Model({ doGenerate }),
  prompt,
  stopWhen: (ai.stepCountIs ?? ai.isStepCount)(5),
  tools: {
    add: ai.tool({ inputSchema, execute: async ({ a, b }) => a + b }),
    divide: ai.tool({ inputSchema, execute: divide }),
  },
});
const messages = [{ role: "user", content: prompt }, ...(result.responseMessages ?? result.response.messages)];
const lines = messages.map((message) => JSON.stringify(message)).join(",\n");
fs.writeFileSync(`${folder}/vercel-${version}.json`, `[\n${lines}\n]\n`);
