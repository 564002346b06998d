// Objects: types, operations, relations, batches.
import assert from 'node:assert/strict';
import Parse from 'parse/node';
import { master, named, postgres, refused, values } from './context.mjs';

const GameScore = named('GameScore');
const Player = named('Player');

/** The object as the server has it. */
const stored = (object) => new Parse.Query(object.className).get(object.id);

export const everyType = async () => {
  const player = await new Parse.Object(Player, { name: 'Sean' }).save();
  const fields = {
    text: 'Grüße, "Welt" \\ 🎲',
    number: -1.5,
    zero: 0,
    large: 2 ** 53 - 1,
    yes: true,
    no: false,
    date: new Date('2022-01-01T12:23:45.678Z'),
    list: [1, 'two', { three: 3 }, [4], null],
    object: { nested: { deep: [1, 2] }, when: new Date(0) },
    place: new Parse.GeoPoint(40.0, -30.0),
    area: new Parse.Polygon([[0, 0], [0, 1], [1, 1], [1, 0]]),
    player,
  };
  const created = await new Parse.Object(GameScore, fields).save();
  assert.match(created.id, /^[A-Za-z0-9]{10}$/);
  assert.ok(created.createdAt instanceof Date);
  assert.equal(created.createdAt.getTime(), created.updatedAt.getTime());
  const found = await stored(created);
  for (const field of ['text', 'number', 'zero', 'large', 'yes', 'no', 'list', 'date']) {
    assert.deepEqual(found.get(field), fields[field], field);
  }
  assert.deepEqual(found.get('object').nested, { deep: [1, 2] });
  assert.equal(new Date(found.get('object').when).getTime(), 0);
  assert.deepEqual(found.get('place').toJSON(), { __type: 'GeoPoint', latitude: 40, longitude: -30 });
  assert.ok(found.get('area').containsPoint(new Parse.GeoPoint(0.5, 0.5)));
  assert.equal(found.get('player').id, player.id);
  assert.equal(found.get('player').get('name'), undefined);
  const bytes = { __type: 'Bytes', base64: 'aGVsbG8=' };
  const other = await new Parse.Object(GameScore, { bytes }).save();
  assert.deepEqual((await stored(other)).get('bytes'), bytes);
};

export const changes = async () => {
  const score = await new Parse.Object(GameScore, { score: 1, kept: 'k' }).save();
  const before = score.updatedAt;
  await new Promise((resolve) => setTimeout(resolve, 5));
  score.set('score', 2);
  assert.deepEqual(score.dirtyKeys(), ['score']);
  await score.save();
  assert.ok(score.updatedAt > before);
  const found = await stored(score);
  assert.deepEqual([found.get('score'), found.get('kept')], [2, 'k']);
  assert.equal(found.createdAt.getTime(), score.createdAt.getTime());
  await refused(111, score.save({ score: 'a text' }));
  score.revert();
  await refused(105, new Parse.Object(GameScore).save({ 'bad-name': 1 }));
  await score.destroy();
  await refused(101, stored(score));
  await refused(101, score.destroy());
};

export const everyOperation = async () => {
  const score = await new Parse.Object(GameScore, { n: 1, a: [1, 2], map: { x: 1, y: 2 }, gone: 'g' }).save();
  score.increment('n', 41);
  score.unset('gone');
  score.increment('fresh');
  await score.save();
  assert.deepEqual([score.get('n'), score.get('fresh'), score.has('gone')], [42, 1, false]);
  let found = await stored(score);
  assert.deepEqual([found.get('n'), found.get('fresh'), found.has('gone')], [42, 1, false]);
  score.decrement('n', 2);
  score.add('a', 2);
  await score.save();
  score.addAll('a', [3, 3]);
  await score.save();
  score.addUnique('a', 1);
  await score.save();
  score.addAllUnique('a', [5, 5]);
  await score.save();
  found = await stored(score);
  assert.equal(found.get('n'), 40);
  const sorted = [...found.get('a')].sort();
  assert.deepEqual([...new Set(sorted)], [1, 2, 3, 5]);
  if (!postgres) assert.deepEqual(found.get('a'), [1, 2, 2, 3, 3, 5]);
  score.remove('a', 2);
  await score.save();
  score.removeAll('a', [3, 4]);
  await score.save();
  found = await stored(score);
  assert.deepEqual([...found.get('a')].sort(), [1, 5]);
  // a key of an object, without the others
  score.set('map.x', 9);
  score.increment('map.z', 3);
  await score.save();
  assert.deepEqual((await stored(score)).get('map'), { x: 9, y: 2, z: 3 });
  score.unset('map.y');
  await score.save();
  assert.deepEqual((await stored(score)).get('map'), { x: 9, z: 3 });
};

export const pointersAndIncludes = async () => {
  const team = new Parse.Object(Player, { name: 'Team' });
  // a new object within another is stored first
  const player = await new Parse.Object(Player, { name: 'Jang', team }).save();
  const score = await new Parse.Object(GameScore, { player, others: [player] }).save();
  assert.ok(team.id && player.id && score.id);
  const found = await new Parse.Query(GameScore).include('player.team', 'others').get(score.id);
  assert.equal(found.get('player').get('team').get('name'), 'Team');
  assert.equal(found.get('others')[0].get('name'), 'Jang');
  const all = await new Parse.Query(GameScore).includeAll().get(score.id);
  assert.equal(all.get('player').get('name'), 'Jang');
  const fetched = await Parse.Object.fromJSON({ className: GameScore, objectId: score.id }).fetchWithInclude(['player']);
  assert.equal(fetched.get('player').get('name'), 'Jang');
  const some = await Parse.Object.fetchAll([Parse.Object.fromJSON({ className: Player, objectId: player.id })]);
  assert.equal(some[0].get('name'), 'Jang');
  await team.destroy();
  const dangling = await new Parse.Query(Player).include('team').get(player.id);
  assert.equal(dangling.get('team')?.get('name'), undefined);
};

export const waysToFetch = async () => {
  const made = await Parse.Object.saveAll([1, 2].map((n) => new Parse.Object(Player, { n, more: 'm' })));
  const bare = made.map((player) => Parse.Object.fromJSON({ className: Player, objectId: player.id }));
  assert.deepEqual(values(await Parse.Object.fetchAllIfNeeded(bare), 'n'), [1, 2]);
  const [first] = made;
  await Parse.Object.fromJSON({ className: Player, objectId: first.id }).save({ n: 7 });
  assert.equal((await first.fetch()).get('n'), 7);
  assert.ok(await first.exists());
  assert.equal(await Parse.Object.fromJSON({ className: Player, objectId: 'nosuchrow1' }).exists(), false);
  class Sportsman extends Parse.Object {
    constructor() {
      super(Player);
    }
  }
  Parse.Object.registerSubclass(Player, Sportsman);
  assert.ok((await new Parse.Query(Sportsman).get(first.id)) instanceof Sportsman);
  Parse.Object.unregisterSubclass?.(Player);
  const gone = Parse.Object.fromJSON({ className: Player, objectId: 'nosuchrow1' });
  await refused(101, Parse.Object.fetchAll([first, gone]));
};

export const relations = async () => {
  const players = ['a', 'b', 'c'].map((name) => new Parse.Object(Player, { name }));
  await Parse.Object.saveAll(players);
  const score = await new Parse.Object(GameScore, { title: 'r' }).save();
  const opponents = score.relation('opponents');
  opponents.add(players);
  await score.save();
  const names = async () => values(await opponents.query().ascending('name').find(), 'name');
  assert.deepEqual(await names(), ['a', 'b', 'c']);
  opponents.remove(players[1]);
  await score.save();
  assert.deepEqual(await names(), ['a', 'c']);
  opponents.add(players[1]);
  opponents.remove(players[0]);
  await score.save();
  assert.deepEqual(await names(), ['b', 'c']);
  assert.equal(await opponents.query().equalTo('name', 'c').count(), 1);
  const found = await stored(score);
  assert.equal(found.get('opponents').targetClassName, Player);
  // the other way round
  const owners = await new Parse.Query(GameScore).equalTo('opponents', players[2]).find();
  assert.deepEqual(owners.map((owner) => owner.id), [score.id]);
};

export const batches = async () => {
  const made = await Parse.Object.saveAll(
    Array.from({ length: 45 }, (_, n) => new Parse.Object(GameScore, { batch: n })),
  );
  assert.equal(new Set(made.map((object) => object.id)).size, 45);
  assert.equal(await new Parse.Query(GameScore).exists('batch').count(), 45);
  made.forEach((object) => object.increment('batch', 100));
  await Parse.Object.saveAll(made, { batchSize: 10 });
  assert.equal(await new Parse.Query(GameScore).greaterThanOrEqualTo('batch', 100).count(), 45);
  const bad = [new Parse.Object(GameScore, { batch: 1 }), new Parse.Object(GameScore, { batch: 'a text' })];
  await refused(111, Parse.Object.saveAll(bad));
  assert.ok(bad[0].id, 'the first of the batch is stored');
  const extra = await bad[0].destroy();
  assert.ok(extra);
  await Parse.Object.destroyAll(made);
  assert.equal(await new Parse.Query(GameScore).exists('batch').count(), 0);
  // one answer for each, and the errors together
  const error = await refused(600, Parse.Object.destroyAll(made.slice(0, 2)));
  assert.deepEqual(error.errors.map((one) => one.code), [101, 101]);
  const together = [new Parse.Object(GameScore, { t: 1 }), new Parse.Object(GameScore, { t: 2 })];
  await Parse.Object.saveAll(together, { transaction: true });
  assert.equal(await new Parse.Query(GameScore).exists('t').count(), 2);
};

export const idempotency = async () => {
  Parse.CoreManager.set('IDEMPOTENCY', true);
  try {
    const score = await new Parse.Object(GameScore, { once: 1 }).save();
    await score.save({ once: 2 });
    assert.equal((await stored(score)).get('once'), 2);
  } finally {
    Parse.CoreManager.set('IDEMPOTENCY', false);
  }
};

export const context = async () => {
  // accepted with every write, though no trigger looks at it here
  const score = await new Parse.Object(GameScore, { c: 1 }).save(null, { context: { why: 'walk' } });
  await score.save({ c: 2 }, { context: { why: 'walk' }, ...master });
  await score.destroy({ context: { why: 'walk' } });
};
