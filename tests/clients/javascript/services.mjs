// The rest of the services: configuration, installations, push, analytics, health.
import assert from 'node:assert/strict';
import Parse from 'parse/node';
import { master, refused, unique } from './context.mjs';

export const configuration = async () => {
  const [open, hidden] = [unique('open'), unique('hidden')].map((name) => name.replace(/[^a-z0-9]/gi, ''));
  const before = await Parse.Config.get(master);
  await Parse.Config.save({ [open]: 'seen', [hidden]: { a: [1, 2] } }, { [hidden]: true });
  const config = await Parse.Config.get();
  assert.deepEqual([config.get(open), config.get(hidden)], ['seen', undefined]);
  const all = await Parse.Config.get(master);
  assert.deepEqual([all.get(open), all.get(hidden)], ['seen', { a: [1, 2] }]);
  const gone = { [open]: { __op: 'Delete' }, [hidden]: { __op: 'Delete' } };
  await Parse.Config.save(gone, {});
  assert.deepEqual(Object.keys((await Parse.Config.get(master)).attributes).sort(), Object.keys(before.attributes).sort());
};

export const installationsAndPush = async () => {
  const channel = unique('channel').replace(/_/g, '-');
  const device = new Parse.Installation();
  const installationId = unique('device').toLowerCase();
  await device.save({ deviceType: 'android', installationId, channels: [channel], deviceToken: unique('token') });
  assert.ok(device.id);
  assert.deepEqual(device.channels, [channel]);
  const found = await new Parse.Query(Parse.Installation).containedIn('channels', [channel]).find(master);
  assert.deepEqual(found.map((one) => one.id), [device.id]);
  await refused(119, new Parse.Query(Parse.Installation).find());
  const id = await Parse.Push.send({ channels: [channel], data: { alert: 'walk' } });
  assert.ok(id, 'the id of the push');
  const status = await Parse.Push.getPushStatus(id);
  assert.equal(status.id, id);
  await refused(115, Parse.Push.send({ channels: [channel], where: {}, data: { alert: 'both' } }));
  await found[0].destroy(master);
};

export const analytics = async () => {
  await Parse.Analytics.track(unique('event').replace(/_/g, ''), { kind: 'walk' });
};

export const health = async () => {
  assert.deepEqual(await Parse.getServerHealth(), { status: 'ok' });
};
