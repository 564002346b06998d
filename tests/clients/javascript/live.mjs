// LiveQuery.
import assert from 'node:assert/strict';
import Parse from 'parse/node';
import { master, newUser, refused, unique } from './context.mjs';

/** A client without the master key, which the one of `query.subscribe()` has where the program has it. */
const socket = (options = {}) =>
  new Parse.LiveQueryClient({
    applicationId: Parse.applicationId,
    javascriptKey: Parse.javaScriptKey,
    serverURL: Parse.serverURL.replace(/^http/, 'ws'),
    ...options,
  });

/** The events of a subscription, one by one. */
const listen = async (query, client, sessionToken) => {
  const subscription = await (client?.subscribe(query, sessionToken) ?? query.subscribe());
  await subscription.subscribePromise;
  const came = [];
  const waiting = [];
  for (const event of ['create', 'enter', 'update', 'leave', 'delete']) {
    subscription.on(event, (object, original) => {
      const heard = { event, object, original };
      waiting.length > 0 ? waiting.shift()(heard) : came.push(heard);
    });
  }
  const next = () => (came.length > 0 ? Promise.resolve(came.shift()) : new Promise((resolve) => waiting.push(resolve)));
  return { came, next, subscription };
};

export const events = async () => {
  const game = unique('game');
  const high = await listen(new Parse.Query('LiveThing').equalTo('game', game).greaterThan('score', 10));
  const thing = await new Parse.Object('LiveThing', { game, score: 20 }).save();
  let heard = await high.next();
  assert.deepEqual([heard.event, heard.object.id, heard.object.get('score')], ['create', thing.id, 20]);
  await thing.save({ score: 30 });
  heard = await high.next();
  assert.deepEqual([heard.event, heard.object.get('score'), heard.original.get('score')], ['update', 30, 20]);
  await thing.save({ score: 5 });
  heard = await high.next();
  assert.deepEqual([heard.event, heard.object.get('score'), heard.original.get('score')], ['leave', 5, 30]);
  await thing.save({ score: 50 });
  heard = await high.next();
  assert.deepEqual([heard.event, heard.object.get('score'), heard.original.get('score')], ['enter', 50, 5]);
  await thing.destroy();
  heard = await high.next();
  assert.deepEqual([heard.event, heard.object.id], ['delete', thing.id]);
  await high.subscription.unsubscribe();
};

export const selection = async () => {
  const game = unique('game');
  const query = new Parse.Query('LiveThing').equalTo('game', game).select('score').watch('score');
  const scores = await listen(query);
  const thing = await new Parse.Object('LiveThing', { game, score: 1, other: 1 }).save();
  await scores.next();
  await thing.save({ other: 2 });
  await thing.save({ score: 2 });
  const heard = await scores.next();
  assert.deepEqual([heard.event, heard.object.toJSON().score], ['update', 2]);
  await scores.subscription.unsubscribe();
  await thing.destroy();
};

export const permissions = async () => {
  const game = unique('game');
  const [ann, bob] = [await newUser(), await newUser()];
  const query = () => new Parse.Query('LiveThing').equalTo('game', game);
  const client = socket();
  client.open();
  const hers = await listen(query(), client, ann.session.sessionToken);
  const his = await listen(query(), client, bob.session.sessionToken);
  const secret = new Parse.Object('LiveThing', { game, text: 'hers' });
  secret.setACL(new Parse.ACL(ann.user));
  await secret.save(null, ann.session);
  assert.equal((await hers.next()).object.get('text'), 'hers');
  const open = await new Parse.Object('LiveThing', { game, text: 'all' }).save();
  assert.equal((await his.next()).object.get('text'), 'all', 'the first that he hears of');
  await client.unsubscribe(hers.subscription);
  await client.unsubscribe(his.subscription);
  await client.close();
  await Parse.Object.destroyAll([secret, open], master);
};

export const refusals = async () => {
  const client = socket({ javascriptKey: 'wrong' });
  client.open();
  await refused(4, client.connectPromise);
};
