// AWS's official client over HTTP/1.1, with a bearer token: at the root and under /bedrock.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { ConverseCommand, ConverseStreamCommand, InvokeModelCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';

import { assertBilled, bedrockClient, HI, REQUEST_IDS, startDialects } from './dialect_providers.mjs';
import { STREAMED, TEXT } from './fake_dialects.mjs';
import { sendJson } from './fake_provider.mjs';
import { keyNamed } from './pulse_process.mjs';

let provider;
let pulse;
before(async () => { ({ provider, pulse } = await startDialects({ more: { bedrock: { models: ['anthropic.*', 'amazon.*', 'arn:aws:bedrock:*'] } } })); });
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

for (const mount of ['', '/bedrock']) {
  describe(`@aws-sdk/client-bedrock-runtime at ${mount || 'the root'}`, () => {
    const modelId = 'anthropic.claude-3-5-sonnet-20240620-v1:0';
    const messages = [{ role: 'user', content: [{ text: 'hi' }] }];
    const client = (options) => bedrockClient({ origin: pulse.origin + mount }, options);
    /** The id of the answer's row: AWS's own request id stays AWS's. */
    function withId(bedrock) {
      const ids = [];
      bedrock.middlewareStack.add((next) => async (args) => {
        const result = await next(args);
        ids.push(result.response.headers['x-pulse-request-id']);
        return result;
      }, { step: 'deserialize', priority: 'low' });
      return { bedrock, ids };
    }

    it('converses', async () => {
      const { bedrock, ids } = withId(client());

      const answer = await bedrock.send(new ConverseCommand({ modelId, messages }));

      assert.equal(answer.output.message.content[0].text, TEXT);
      assert.equal(answer.$metadata.requestId, REQUEST_IDS['x-amzn-requestid']);
      assert.equal(provider.last.url, `/model/${encodeURIComponent(modelId)}/converse`);
      const row = await assertBilled(pulse, ids[0], { dialect: 'bedrock' });
      assert.equal(row.model_requested, modelId);
    });

    it('converses in a stream whose checksums hold', async () => {
      const { bedrock, ids } = withId(client());

      const answer = await bedrock.send(new ConverseStreamCommand({ modelId, messages }));
      const events = [];
      for await (const event of answer.stream) events.push(event);

      assert.equal(events.map((event) => event.contentBlockDelta?.delta.text ?? '').join(''), STREAMED);
      assert.equal(events.at(-1).metadata.usage.outputTokens, 5);
      await assertBilled(pulse, ids[0], { dialect: 'bedrock', stream: true });
    });

    it('names an inference profile by its ARN, encoded', async () => {
      const { bedrock, ids } = withId(client());
      const profile = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3';

      const answer = await bedrock.send(new ConverseCommand({ modelId: profile, messages }));

      assert.equal(answer.output.message.content[0].text, TEXT);
      assert.equal(provider.last.url, `/model/${encodeURIComponent(profile)}/converse`);
      assert.equal((await assertBilled(pulse, ids[0], { dialect: 'bedrock' })).model_requested, profile);
    });

    it('invokes a model, in one piece and in a stream', async () => {
      const { bedrock, ids } = withId(client());
      const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 10, messages: HI });

      const answer = await bedrock.send(new InvokeModelCommand({ modelId, body, contentType: 'application/json' }));
      assert.equal(JSON.parse(Buffer.from(answer.body)).content[0].text, TEXT);
      await assertBilled(pulse, ids[0], { dialect: 'bedrock' });

      const streamed = await bedrock.send(new InvokeModelWithResponseStreamCommand({ modelId, body, contentType: 'application/json' }));
      const chunks = [];
      for await (const event of streamed.body) chunks.push(JSON.parse(Buffer.from(event.chunk.bytes)));
      assert.equal(chunks.map((chunk) => chunk.delta?.text ?? '').join(''), STREAMED);
      await assertBilled(pulse, ids[1], { dialect: 'bedrock', stream: true });
    });

    it('is told what to do when it signs with AWS credentials', async () => {
      const signing = client({ token: undefined, authSchemePreference: ['sigv4'], credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' } });

      await assert.rejects(signing.send(new ConverseCommand({ modelId, messages })), (error) =>
        error.$metadata.httpStatusCode === 401 && /SigV4|signed|signature/i.test(error.message) && /AWS_BEARER_TOKEN_BEDROCK|bearer/i.test(error.message));
    });

    it('has typed errors', async () => {
      const stranger = client({ key: keyNamed('nobody') });
      await assert.rejects(stranger.send(new ConverseCommand({ modelId, messages })), (error) => error.$metadata.httpStatusCode === 401);

      await provider.instead((_, response) => sendJson(response, 429, { message: 'Too many tokens' }, { 'x-amzn-errortype': 'ThrottlingException' }) ?? true, () =>
        assert.rejects(client().send(new ConverseCommand({ modelId, messages })), { name: 'ThrottlingException', message: 'Too many tokens' }));
      await assert.rejects(client().send(new ConverseCommand({ modelId: 'no-such-model', messages })), { name: 'ResourceNotFoundException' });
    });
  });
}
