// Cloud functions, jobs and webhooks.
import assert from 'node:assert/strict';
import http from 'node:http';
import Parse from 'parse/node';
import { master, named, newUser, refused, unique } from './context.mjs';

const { run } = Parse.Cloud;

export const functions = async () => {
  assert.equal(await run('hello'), 'Hello world!');
  const params = { n: 1, text: 'ü', list: [1, { a: null }], nested: { deep: true } };
  const told = await run('echo', params);
  assert.deepEqual([told.params, told.user, told.master], [params, null, false]);
  const ann = await newUser();
  assert.equal((await run('echo', {}, ann.session)).user, ann.id);
  assert.equal((await run('echo', {}, master)).master, true);
  const types = await run('returnsTypes');
  assert.deepEqual(types.d, new Date(0));
  assert.ok(types.g instanceof Parse.GeoPoint);
  assert.deepEqual([types.n, types.a], [null, [1, 'x', { y: 2 }]]);
  const made = await run('returnsObject');
  assert.ok(made instanceof Parse.Object && made.createdAt instanceof Date);
  assert.deepEqual([made.className, made.get('x'), made.dirty()], ['CloudMade', 1, false]);
  assert.equal((await new Parse.Query('CloudMade').get(made.id, master)).get('x'), 1);
  await made.destroy(master);
  assert.equal(await run('sleep', { ms: 1 }), 'slept');
};

export const work = async () => {
  const movie = unique('movie');
  const acl = new Parse.ACL({ '*': { read: true } });
  const reviews = [3, 4, 5].map((stars) => new Parse.Object('Review', { movie, stars, ACL: acl }));
  await Parse.Object.saveAll(reviews);
  assert.equal(await run('averageStars', { movie }), 4);
  assert.equal(await run('averageStars', { movie: unique() }), 0);
  await Parse.Object.destroyAll(reviews, master);
};

export const errors = async () => {
  assert.equal((await refused(141, run('failString'))).message, 'string failure');
  assert.equal((await refused(4242, run('failCode'))).message, 'custom failure');
  await refused(141, run('noSuchFunction'));
  await refused(142, run('needsUser'));
  const ann = await newUser();
  assert.equal(await run('needsUser', {}, ann.session), ann.id);
  await refused(142, run('needsParam'));
  await refused(142, run('needsParam', { n: 'a text' }));
  assert.equal(await run('needsParam', { n: 5 }), 5);
};

export const jobs = async () => {
  const data = await Parse.Cloud.getJobsData();
  assert.ok(data.jobs.includes('goodJob') && data.jobs.includes('badJob'));
  const ended = async (id) => {
    for (;;) {
      const status = await Parse.Cloud.getJobStatus(id);
      if (status.get('status') !== 'running') return [status.get('status'), status.get('message')];
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  assert.deepEqual(await ended(await Parse.Cloud.startJob('goodJob', {})), ['succeeded', 'done']);
  assert.equal((await ended(await Parse.Cloud.startJob('badJob', {})))[0], 'failed');
  await refused(141, Parse.Cloud.startJob('noSuchJob', {}));
};

/** A program behind webhooks. */
const behind = async (answer) => {
  const asked = [];
  const server = http.createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    asked.push({ path: request.url, key: request.headers['x-parse-webhook-key'], ...JSON.parse(text) });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer(asked.at(-1))));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = (path) => `http://127.0.0.1:${server.address().port}${path}`;
  return { asked, url, end: () => server.close() };
};

export const webhooks = async () => {
  const name = unique('hooked');
  const className = named('Hooked');
  const program = await behind((told) => {
    if (told.functionName) return told.params.fail ? { error: { code: 777, error: 'no' } } : { success: told.params.n + 1 };
    return told.object.bad ? { error: 'a bad object' } : { success: { ...told.object, seen: true } };
  });
  try {
    await Parse.Hooks.createFunction(name, program.url('/fn'));
    assert.equal(await run(name, { n: 1 }), 2);
    assert.equal(program.asked[0].key, process.env.PARSE_WEBHOOK_KEY ?? 'webhook');
    assert.deepEqual([program.asked[0].path, program.asked[0].params], ['/fn', { n: 1 }]);
    await refused(141, run(name, { fail: true }));
    assert.equal((await Parse.Hooks.getFunction(name)).url, program.url('/fn'));
    await refused(143, Parse.Hooks.createFunction(name, program.url('/fn')));
    await Parse.Hooks.updateFunction(name, program.url('/other'));
    await run(name, { n: 1 });
    assert.equal(program.asked.at(-1).path, '/other');
    await Parse.Hooks.createTrigger(className, 'beforeSave', program.url('/save'));
    const made = await new Parse.Object(className, { x: 1 }).save();
    assert.deepEqual([made.get('x'), made.get('seen')], [1, true]);
    await refused(141, new Parse.Object(className, { bad: true }).save());
    await made.save({ x: 2 });
    const asked = program.asked.at(-1);
    assert.deepEqual([asked.triggerName, asked.object.x, asked.original.x], ['beforeSave', 2, 1]);
    await Parse.Hooks.createTrigger(className, 'beforeDelete', program.url('/delete'));
    await made.destroy();
    assert.deepEqual([program.asked.at(-1).path, program.asked.at(-1).object.objectId], ['/delete', made.id]);
    const triggers = await Parse.Hooks.getTriggers();
    assert.ok(triggers.some((hook) => hook.className === className && hook.triggerName === 'beforeSave'));
  } finally {
    await Parse.Hooks.removeFunction(name);
    await Parse.Hooks.removeTrigger(className, 'beforeSave').catch(() => {});
    await Parse.Hooks.removeTrigger(className, 'beforeDelete').catch(() => {});
    program.end();
  }
  await refused(143, Parse.Hooks.getFunction(name));
};
