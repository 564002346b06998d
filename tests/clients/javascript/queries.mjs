// Parse.Query: every constraint, every option, every way to read.
import assert from 'node:assert/strict';
import Parse from 'parse/node';
import { master, named, postgres, refused, values } from './context.mjs';

const Row = named('Row');
const Town = named('Town');

let towns;
const made = (async () => {
  towns = await Parse.Object.saveAll([
    new Parse.Object(Town, { name: 'Bern', rank: 1, size: 'small' }),
    new Parse.Object(Town, { name: 'Rome', rank: 2, size: 'large' }),
  ]);
  const square = [[0, 0], [0, 10], [10, 10], [10, 0]];
  const far = [[50, 50], [50, 60], [60, 60], [60, 50]];
  const rows = [
    { n: 1, text: 'alpha one', tags: ['x', 'y'], at: new Parse.GeoPoint(0, 0), town: towns[0], odd: true, area: new Parse.Polygon(square) },
    { n: 2, text: 'Alpha two', tags: ['y'], at: new Parse.GeoPoint(1, 1), town: towns[1], odd: false, area: new Parse.Polygon(far) },
    { n: 3, text: 'beta [x]', tags: ['x', 'z'], at: new Parse.GeoPoint(40, 40), odd: true, rank: 2, date: new Date(1000) },
    { n: 4, text: 'x.y', tags: [], at: new Parse.GeoPoint(-80, 100), odd: false, date: new Date(2000), map: { in: { side: 4 } } },
    { n: 5, text: 'none', extra: null },
  ];
  await Parse.Object.saveAll(rows.map((row) => new Parse.Object(Row, row)));
})();

/** The constraints with the rows that they find. */
const here = new Parse.GeoPoint(0, 0);
const constraints = {
  equalTo: [(q) => q.equalTo('n', 2), [2]],
  notEqualTo: [(q) => q.notEqualTo('n', 2), [1, 3, 4, 5]],
  lessThan: [(q) => q.lessThan('n', 2), [1]],
  lessThanOrEqualTo: [(q) => q.lessThanOrEqualTo('n', 2), [1, 2]],
  greaterThan: [(q) => q.greaterThan('date', new Date(1000)), [4]],
  greaterThanOrEqualTo: [(q) => q.greaterThanOrEqualTo('date', new Date(1000)), [3, 4]],
  containedIn: [(q) => q.containedIn('n', [1, 5, 9]), [1, 5]],
  notContainedIn: [(q) => q.notContainedIn('n', [1, 5, 9]), [2, 3, 4]],
  containedBy: [(q) => q.containedBy('tags', ['x', 'y']).exists('odd'), [1, 2, 4]],
  containsAll: [(q) => q.containsAll('tags', ['x', 'z']), [3]],
  containsAllStartingWith: [(q) => q.containsAllStartingWith('tags', ['x', 'y']), [1]],
  exists: [(q) => q.exists('date'), [3, 4]],
  doesNotExist: [(q) => q.doesNotExist('odd'), [5]],
  matches: [(q) => q.matches('text', /^ALPHA/i), [1, 2]],
  contains: [(q) => q.contains('text', '[x]'), [3]],
  startsWith: [(q) => q.startsWith('text', 'x.'), [4]],
  endsWith: [(q) => q.endsWith('text', 'one'), [1, 5]],
  matchesQuery: [(q) => q.matchesQuery('town', new Parse.Query(Town).equalTo('name', 'Bern')), [1]],
  doesNotMatchQuery: [(q) => q.exists('town').doesNotMatchQuery('town', new Parse.Query(Town).equalTo('name', 'Bern')), [2]],
  matchesKeyInQuery: [(q) => q.matchesKeyInQuery('rank', 'rank', new Parse.Query(Town)), [3]],
  doesNotMatchKeyInQuery: [(q) => q.doesNotMatchKeyInQuery('n', 'rank', new Parse.Query(Town)), [3, 4, 5]],
  fullText: [(q) => q.fullText('text', 'beta'), [3]],
  near: [(q) => q.near('at', here).limit(2), [1, 2]],
  withinRadians: [(q) => q.withinRadians('at', here, 0.5), [1, 2]],
  withinMiles: [(q) => q.withinMiles('at', here, 200), [1, 2]],
  withinKilometers: [(q) => q.withinKilometers('at', here, 200, false), [1, 2]],
  withinGeoBox: [(q) => q.withinGeoBox('at', new Parse.GeoPoint(-1, -1), new Parse.GeoPoint(41, 41)), [1, 2, 3]],
  withinPolygon: [(q) => q.withinPolygon('at', [[-1, -1], [-1, 2], [2, 2], [2, -1]]), [1, 2]],
  polygonContains: [(q) => q.polygonContains('area', new Parse.GeoPoint(5, 5)), [1]],
};

export const everyConstraint = async () => {
  await made;
  const rest = [
    'constructor', 'toJSON', 'withJSON', 'get', 'find', 'findAll', 'count', 'distinct', 'aggregate', 'first', 'eachBatch',
    'each', 'hint', 'explain', 'map', 'reduce', 'filter', 'sortByTextScore', 'ascending', 'addAscending', 'descending',
    'addDescending', 'skip', 'limit', 'withCount', 'include', 'includeAll', 'select', 'exclude', 'watch', 'readPreference',
    'subscribe', 'fromNetwork', 'fromLocalDatastore', 'fromPin', 'fromPinWithName', 'cancel', 'comment',
  ];
  const methods = Object.getOwnPropertyNames(Parse.Query.prototype).filter((name) => !name.startsWith('_'));
  const forgotten = methods.filter((name) => !rest.includes(name) && !(name in constraints));
  assert.deepEqual(forgotten, [], 'constraints that nobody walks through');
  for (const [name, [constrain, expected]] of Object.entries(constraints)) {
    const found = values(await constrain(new Parse.Query(Row)).find(), 'n');
    assert.deepEqual(found.sort(), expected, name);
  }
  return `${Object.keys(constraints).length} constraints`;
};

export const together = async () => {
  await made;
  const query = () => new Parse.Query(Row);
  const found = async (q) => values(await q.ascending('n').find(), 'n');
  const low = query().lessThan('n', 2);
  const high = query().greaterThan('n', 4);
  assert.deepEqual(await found(Parse.Query.or(low, high)), [1, 5]);
  assert.deepEqual(await found(Parse.Query.and(query().greaterThan('n', 1), query().equalTo('odd', true))), [3]);
  assert.deepEqual(await found(Parse.Query.nor(low, high)), [2, 3, 4]);
  assert.deepEqual(await found(query().greaterThan('n', 1).lessThan('n', 4).notEqualTo('n', 3)), [2]);
  assert.deepEqual(await found(query().equalTo('town', towns[1])), [2]);
  assert.deepEqual(await found(query().equalTo('map.in.side', 4)), [4]);
  if (!postgres) assert.deepEqual(await found(query().equalTo('tags', 'x')), [1, 3]);
  await refused(postgres ? 119 : 107, query().withJSON({ where: { n: { $unknown: 1 } } }).find());
  await refused(102, query().withJSON({ where: { $or: 1 } }).find());
  await refused(101, query().get('nosuchrow1'));
  assert.deepEqual(await new Parse.Query(named('Nothing')).find(), []);
};

export const options = async () => {
  await made;
  const query = () => new Parse.Query(Row);
  const n = (objects) => values(objects, 'n');
  assert.deepEqual(n(await query().descending('n').find()), [5, 4, 3, 2, 1]);
  assert.deepEqual(n(await query().exists('odd').ascending('odd').addDescending('n').find()), [4, 2, 3, 1]);
  assert.deepEqual(n(await query().ascending('n').skip(1).limit(2).find()), [2, 3]);
  assert.deepEqual(await query().limit(0).find(), []);
  const page = await query().ascending('n').limit(2).withCount().find();
  assert.deepEqual([page.count, n(page.results)], [5, [1, 2]]);
  const selected = await query().equalTo('n', 1).select('text').first();
  assert.deepEqual([selected.get('text'), selected.has('n')], ['alpha one', false]);
  const excluded = await query().equalTo('n', 1).exclude('text').first();
  assert.deepEqual([excluded.get('n'), excluded.has('text')], [1, false]);
  const included = await query().equalTo('n', 1).include('town').select('town.name').first();
  assert.deepEqual([included.get('town').get('name'), included.get('town').has('rank')], ['Bern', false]);
  const scored = await query().fullText('text', 'alpha').sortByTextScore().select('n').find();
  assert.deepEqual(n(scored).sort(), [1, 2]);
  assert.ok(scored.every((row) => row.get('score') > 0));
  const plain = await query().equalTo('n', 1).find({ json: true });
  assert.deepEqual([plain[0].n, plain[0].className], [1, Row]);
  assert.equal(n(await query().readPreference('SECONDARY').comment('a walk').equalTo('n', 4).find())[0], 4);
  const plan = await query().equalTo('n', 1).explain().find(master);
  assert.ok(plan);
};

export const waysToRead = async () => {
  await made;
  const query = () => new Parse.Query(Row);
  assert.equal(await query().count(), 5);
  assert.equal(await query().greaterThan('n', 3).count(), 2);
  assert.equal((await query().ascending('n').first()).get('n'), 1);
  assert.equal(await query().equalTo('n', 99).first(), undefined);
  assert.equal((await query().findAll({ batchSize: 2 })).length, 5);
  const seen = [];
  await query().each((row) => void seen.push(row.get('n')), { batchSize: 2 });
  assert.deepEqual(seen.sort(), [1, 2, 3, 4, 5]);
  assert.equal(await query().reduce((sum, row) => sum + row.get('n'), 0), 15);
  assert.deepEqual((await query().map((row) => row.get('n') * 10)).sort(), [10, 20, 30, 40, 50]);
  assert.equal((await query().filter((row) => row.get('odd') === true)).length, 2);
};

export const aggregates = async () => {
  await made;
  assert.deepEqual((await new Parse.Query(Town).distinct('size')).sort(), ['large', 'small']);
  const groups = await new Parse.Query(Row).aggregate([
    { $match: { n: { $lt: 5 } } },
    { $group: { _id: '$odd', total: { $sum: '$n' } } },
  ]);
  const total = (odd) => groups.find((group) => group.objectId === odd).total;
  assert.deepEqual([total(true), total(false)], [4, 6]);
};
