'use strict';
(() => {
  const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const VALUE = new Uint8Array(128);
  for (let i = 0; i < 64; i++) VALUE[DIGITS.charCodeAt(i)] = i;
  const FULL = 4095;
  const KINDS = { self: 'Self-attention', decoder: 'The decoder’s self-attention', cross: 'Cross-attention' };
  const THUMB = 64;
  const MOST_LINES = 1500;
  const SVG = 'http://www.w3.org/2000/svg';

  const byId = id => document.getElementById(id);
  const maps = JSON.parse(byId('data').textContent).maps;
  const two = maps.length > 1;
  const same = list => JSON.stringify(maps[0][list]) === JSON.stringify(maps[maps.length - 1][list]);
  const comparable = two && same('sources') && same('targets');

  // ---- the numbers

  const heads = new Map(); // 'kind-layer-head' -> [head of each map, or undefined]
  maps.forEach((map, side) => map.heads.forEach(head => {
    const name = head.kind + '-' + head.layer + '-' + head.head;
    if (!heads.has(name)) heads.set(name, []);
    heads.get(name)[side] = head;
  }));
  const kinds = Object.keys(KINDS).filter(kind => maps.some(map => map.heads.some(head => head.kind === kind)));
  const queries = (map, kind) => kind === 'self' ? map.sources : map.targets;
  const keys = (map, kind) => kind === 'decoder' ? map.targets : map.sources;

  /** Weights of a head, row by row. */
  function weights(side, head) {
    if (head.numbers) return head.numbers;
    const rows = queries(maps[side], head.kind).length;
    const columns = keys(maps[side], head.kind).length;
    const numbers = new Float32Array(rows * columns);
    let at = 0;
    for (let i = 0; i < rows; i++) {
      const end = head.triangular ? Math.min(i + 1, columns) : columns;
      for (let j = 0; j < end; j++) {
        numbers[i * columns + j] = (VALUE[head.weights.charCodeAt(at)] * 64 + VALUE[head.weights.charCodeAt(at + 1)]) / FULL;
        at += 2;
      }
    }
    head.numbers = numbers;
    return numbers;
  }

  /** What a panel or thumbnail shows: numbers, rows, columns; signed where it is a difference. */
  function matrix(pair, which) {
    if (which === 'difference') {
      if (!comparable || !pair[0] || !pair[1]) return null;
      const before = weights(0, pair[0]);
      return {
        numbers: weights(1, pair[1]).map((after, i) => after - before[i]), signed: true,
        from: queries(maps[0], pair[0].kind), to: keys(maps[0], pair[0].kind)
      };
    }
    const side = which === 'after' ? 1 : 0;
    const head = pair[side];
    return head ? { numbers: weights(side, head), signed: false, triangular: head.triangular, from: queries(maps[side], head.kind), to: keys(maps[side], head.kind) } : null;
  }

  const shown = () => state.compare === 'difference' ? ['difference'] : two ? ['before', 'after'] : ['only'];
  const percent = share => (100 * share).toFixed(1) + ' %';
  const points = (value, signed) => signed ? (value < 0 ? '−' : '+') + Math.abs(100 * value).toFixed(1) + ' points' : percent(value);

  /** Where a head's attention goes on average. */
  function habit(m, kind) {
    const rows = m.from.length, columns = m.to.length;
    const sums = { 'the first token': 0, 'the token itself': 0, 'the token before': 0, 'the token after': 0, 'the last token': 0 };
    for (let i = 0; i < rows; i++) {
      const at = j => j >= 0 && j < columns ? m.numbers[i * columns + j] : 0;
      sums['the first token'] += at(0);
      if (!m.triangular) sums['the last token'] += at(columns - 1);
      if (kind !== 'cross') {
        if (i > 0) sums['the token itself'] += at(i);
        if (i > 1) sums['the token before'] += at(i - 1);
        sums['the token after'] += at(i + 1);
      }
    }
    return Object.entries(sums).map(([where, sum]) => [where, sum / rows]).filter(([, share]) => share >= 0.005).sort((a, b) => b[1] - a[1]);
  }

  /** By which part of its attention a head looks elsewhere after, on average. */
  function change(pair) {
    if (!comparable || !pair[0] || !pair[1]) return 0;
    const before = weights(0, pair[0]), after = weights(1, pair[1]);
    let sum = 0;
    for (let i = 0; i < before.length; i++) sum += Math.abs(after[i] - before[i]);
    return sum / 2 / queries(maps[0], pair[0].kind).length;
  }

  // ---- the page

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  /** A token with blanks and controls made visible. */
  function visible(text) {
    const shownText = text
      .replace(/^ +| +$/g, blanks => '\u00b7'.repeat(blanks.length))
      .replace(/\n/g, '\u21b5').replace(/\t/g, '\u21e5')
      .replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
        c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
    return shownText === '' ? '\u2205' : shownText;
  }
  const bdi = text => el('bdi', {}, visible(text));
  const named = (tokens, i) => [bdi(tokens[i]), ' (' + i + ')'];
  const title = name => { const [, layer, head] = name.split('-'); return 'Layer ' + layer + ', head ' + head; };

  const state = { kind: kinds[0], name: '', view: 'lines', compare: 'side', kept: null, over: null };
  const asked = /^#((self|decoder|cross)-\d+-\d+)$/.exec(location.hash);
  if (asked && heads.has(asked[1])) { state.kind = asked[2]; state.name = asked[1]; }

  function choice(name, legend, options, chosen, onChange) {
    const set = el('fieldset', { class: 'choice' }, el('legend', {}, legend));
    for (const [value, text] of options) {
      const input = el('input', { type: 'radio', name, value });
      input.checked = value === chosen;
      input.addEventListener('change', () => onChange(value));
      set.append(el('label', {}, input, el('span', {}, text)));
    }
    return set;
  }

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const rgb = name => style.getPropertyValue(name).trim().split(/\s+/).map(Number);
    return { heat: rgb('--heat'), more: rgb('--more'), less: rgb('--less'), ink: style.getPropertyValue('--ink'), muted: style.getPropertyValue('--muted'), grid: style.getPropertyValue('--grid') };
  }
  /** Small weights stay visible: opacity is the root of the weight. */
  const strength = value => Math.sqrt(Math.min(1, Math.abs(value)));

  function paint(canvas, m, palette) {
    const rows = m.from.length, columns = m.to.length;
    const height = Math.min(rows, THUMB), width = Math.min(columns, THUMB);
    canvas.width = width;
    canvas.height = height;
    const strongest = new Float32Array(width * height);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const cell = Math.floor(i * height / rows) * width + Math.floor(j * width / columns);
        const value = m.numbers[i * columns + j];
        if (Math.abs(value) > Math.abs(strongest[cell])) strongest[cell] = value;
      }
    }
    const context = canvas.getContext('2d');
    const image = context.createImageData(width, height);
    strongest.forEach((value, i) => {
      const colour = m.signed ? value < 0 ? palette.less : palette.more : palette.heat;
      image.data.set([colour[0], colour[1], colour[2], Math.round(255 * strength(value))], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }

  // ---- the grid

  const ofKind = () => [...heads.keys()].filter(name => name.startsWith(state.kind + '-'));

  function drawGrid() {
    const names = ofKind();
    const numbers = part => [...new Set(names.map(name => Number(name.split('-')[part])))].sort((a, b) => a - b);
    const columns = numbers(2);
    const palette = colours();
    const table = el('table', {}, el('caption', {}, KINDS[state.kind] + ': one picture a head, rows look at columns'));
    const top = el('tr', {}, el('th', { scope: 'col' }, 'head'));
    columns.forEach(head => top.append(el('th', { scope: 'col', 'aria-label': 'head ' + head }, String(head))));
    const body = el('tbody');
    numbers(1).forEach(layer => {
      const row = el('tr', {}, el('th', { scope: 'row' }, 'layer ' + layer));
      columns.forEach(head => {
        const name = state.kind + '-' + layer + '-' + head;
        const cell = el('td');
        if (heads.has(name)) cell.append(thumb(name, palette));
        row.append(cell);
      });
      body.append(row);
    });
    table.append(el('thead', {}, top), body);
    const pictures = columns.length * shown().length;
    const room = (byId('grid').clientWidth - 90 - 11 * columns.length) / pictures;
    byId('grid').style.setProperty('--thumb', Math.max(22, Math.min(56, Math.floor(room))) + 'px');
    const left = byId('grid').scrollLeft, high = byId('grid').scrollTop;
    byId('grid').replaceChildren(table);
    byId('grid').scrollTo(left, high);
  }

  function thumb(name, palette) {
    const pair = heads.get(name);
    const button = el('button', { type: 'button', class: 'thumb', 'data-name': name, 'aria-pressed': String(name === state.name), tabindex: name === state.name ? '0' : '-1' });
    const said = [title(name)];
    shown().forEach(which => {
      const canvas = el('canvas', { 'aria-hidden': 'true' });
      const m = matrix(pair, which);
      if (m) {
        paint(canvas, m, palette);
        const first = m.signed ? null : habit(m, state.kind)[0];
        if (first) said.push((two ? which + ': ' : '') + percent(first[1]) + ' at ' + first[0]);
      }
      button.append(canvas);
    });
    if (comparable) said.push(percent(change(pair)) + ' of its attention moved');
    button.setAttribute('aria-label', said.join('; '));
    button.title = said.join('; ');
    button.addEventListener('click', () => choose(name));
    return button;
  }

  byId('grid').addEventListener('keydown', event => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    const button = event.target.closest('.thumb');
    if (!step || !button) return;
    event.preventDefault();
    let cell = button.parentElement;
    const row = cell.parentElement.rowIndex + step[0];
    const target = cell.closest('table').rows[row];
    const next = target && target.cells[cell.cellIndex + step[1]];
    const found = next && next.querySelector('.thumb');
    if (found) found.focus();
  });

  function choose(name) {
    state.name = name;
    state.over = null;
    for (const button of document.querySelectorAll('.thumb')) {
      const chosen = button.dataset.name === name;
      button.setAttribute('aria-pressed', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
    history.replaceState(null, '', '#' + name);
    drawHead();
  }

  function drawChanges() {
    if (!comparable) return;
    const changed = ofKind().map(name => [name, change(heads.get(name))]).sort((a, b) => b[1] - a[1]).slice(0, 8);
    byId('changes').replaceChildren(el('li', {}, 'Changed most: '), ...changed.map(([name, share]) => {
      const [, layer, head] = name.split('-');
      const button = el('button', { type: 'button' }, layer + '·' + head + ' (' + percent(share) + ')');
      button.setAttribute('aria-label', title(name) + ', ' + percent(share) + ' of its attention moved');
      button.addEventListener('click', () => choose(name));
      return el('li', {}, button);
    }));
  }

  // ---- one head

  let panels = [];

  function drawHead() {
    const pair = heads.get(state.name);
    byId('which').textContent = title(state.name);
    const said = [];
    shown().forEach(which => {
      const m = matrix(pair, which);
      if (m && !m.signed) {
        const habits = habit(m, state.kind).slice(0, 3);
        said.push((two ? which + ': ' : '') + (habits.length ? habits.map(([where, share]) => percent(share) + ' at ' + where).join(', ') : 'spread'));
      }
    });
    if (comparable) said.push(percent(change(pair)) + ' of the attention moved');
    byId('habit').textContent = 'On average ' + said.join('; ') + '.';
    panels = [];
    byId('panels').replaceChildren(...shown().map((which, at) => {
      const m = matrix(pair, which);
      const panel = el('div', { class: 'panel' });
      if (two) panel.append(el('h3', {}, which === 'difference' ? 'after − before' : which + ': ' + maps[at].model));
      if (!m) {
        panel.append(el('p', { class: 'hint' }, 'This model has no such head, or it was left out.'));
      } else {
        panel.append(state.view === 'lines' ? lines(m, at) : heat(m, at));
      }
      return panel;
    }));
    refresh();
    if (byId('numbers').open) drawNumbers();
  }

  /** The token looked at: {panel, side: 'from' or 'to' or 'cell', i, j}; where tokens are the same it holds in every panel. */
  function refresh() {
    const selection = state.over || state.kept;
    panels.forEach((panel, at) => panel.show(selection && (comparable || selection.panel === at) ? selection : null));
    readOut(selection);
  }

  function readOut(selection) {
    const out = byId('readout');
    if (!selection) {
      out.replaceChildren(state.view === 'lines'
        ? 'Point at a token, or move to it with the Tab and arrow keys, to see its weights; click or press Enter to keep it.'
        : 'Point at a cell, or move with the arrow keys once the picture has the focus.');
      return;
    }
    const parts = [];
    panels.forEach((panel, at) => {
      if (!comparable && selection.panel !== at) return;
      const { m } = panel;
      const columns = m.to.length;
      if (two && !m.signed) parts.push(at && parts.length ? el('br') : '', el('strong', {}, at === 0 ? 'before ' : 'after '));
      if (selection.side === 'cell') {
        parts.push(...named(m.from, selection.i), ' at ', ...named(m.to, selection.j), ': ' + points(m.numbers[selection.i * columns + selection.j], m.signed) + '. ');
        return;
      }
      const from = selection.side === 'from';
      const others = from ? m.to : m.from;
      const ranked = others.map((_, k) => [k, from ? m.numbers[selection.i * columns + k] : m.numbers[k * columns + selection.i]])
        .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 5).filter(([, w]) => Math.abs(w) >= 0.0005);
      parts.push(...named(from ? m.from : m.to, selection.i), from ? ' looks at ' : ' is looked at by ');
      ranked.forEach(([k, w], n) => parts.push(n ? ', ' : '', ...named(others, k), ' ' + points(w, m.signed)));
      parts.push(ranked.length ? '. ' : 'nothing. ');
    });
    out.replaceChildren(...parts);
  }

  function lines(m, at) {
    const row = parseFloat(getComputedStyle(document.documentElement).fontSize) * 1.55;
    const height = Math.max(m.from.length, m.to.length) * row;
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 100 ' + height);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    svg.style.height = height + 'px';
    const list = (side, tokens, label) => {
      const ol = el('ol', { class: side, 'aria-label': label });
      tokens.forEach((text, i) => {
        const button = el('button', { type: 'button', class: 'token', tabindex: i ? '-1' : '0', 'data-i': String(i) }, bdi(text), el('span', { class: 'weight' }));
        button.title = visible(text);
        ol.append(el('li', {}, button));
      });
      const index = event => { const button = event.target.closest('.token'); return button ? Number(button.dataset.i) : -1; };
      const look = event => { const i = index(event); if (i >= 0) { state.over = { panel: at, side, i }; refresh(); } };
      ol.addEventListener('pointerover', look);
      ol.addEventListener('focusin', look);
      ol.addEventListener('pointerleave', () => { state.over = null; refresh(); });
      ol.addEventListener('focusout', () => { state.over = null; refresh(); });
      ol.addEventListener('click', event => {
        const i = index(event);
        if (i < 0) return;
        const kept = state.kept;
        state.kept = kept && kept.side === side && kept.i === i ? null : { panel: at, side, i };
        refresh();
      });
      ol.addEventListener('keydown', event => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const i = index(event);
        if (event.key === 'Escape') { state.kept = null; refresh(); }
        if (!step || i < 0) return;
        event.preventDefault();
        const next = ol.children[i + step];
        if (next) {
          event.target.closest('.token').tabIndex = -1;
          next.firstElementChild.tabIndex = 0;
          next.firstElementChild.focus();
        }
      });
      return ol;
    };
    const from = list('from', m.from, 'Tokens that look');
    const to = list('to', m.to, 'Tokens looked at');
    const box = el('div', { class: 'looks' }, el('div', { class: 'side-name from' }, 'looks'), el('div', { class: 'side-name' }), el('div', { class: 'side-name' }, 'looked at'), from, svg, to);
    panels.push({ m, show(selection) { showLines(m, svg, from, to, row, selection); } });
    return box;
  }

  function showLines(m, svg, from, to, row, selection) {
    const columns = m.to.length;
    let pairs = [];
    for (let i = 0; i < m.from.length; i++) {
      if (selection && selection.side === 'from' && selection.i !== i) continue;
      for (let j = 0; j < columns; j++) {
        if (selection && selection.side === 'to' && selection.i !== j) continue;
        const value = m.numbers[i * columns + j];
        if (Math.abs(value) >= 0.002) pairs.push([i, j, value]);
      }
    }
    if (pairs.length > MOST_LINES) pairs = pairs.sort((a, b) => Math.abs(b[2]) - Math.abs(a[2])).slice(0, MOST_LINES);
    svg.replaceChildren(...pairs.map(([i, j, value]) => {
      const line = document.createElementNS(SVG, 'line');
      // of one token small weights are visible too; of all together they would hide the others
      const opacity = selection ? strength(value) : Math.min(1, Math.abs(value));
      const ends = { x1: 0, y1: (i + 0.5) * row, x2: 100, y2: (j + 0.5) * row, 'stroke-opacity': opacity.toFixed(3) };
      for (const [name, number] of Object.entries(ends)) line.setAttribute(name, String(number));
      if (m.signed) line.setAttribute('class', value < 0 ? 'less' : 'more');
      return line;
    }));
    const mark = (list, side, weight) => [...list.children].forEach((item, k) => {
      const button = item.firstElementChild;
      const own = Boolean(selection) && selection.side === side && selection.i === k;
      const value = selection && selection.side !== side && selection.side !== 'cell' ? weight(k) : null;
      button.classList.toggle('chosen', own);
      const kept = own && Boolean(state.kept) && state.kept.side === side && state.kept.i === k;
      button.classList.toggle('kept', kept);
      button.setAttribute('aria-pressed', String(kept));
      button.lastElementChild.textContent = value === null || Math.abs(value) < 0.0005 ? '' : m.signed ? points(value, true).replace(' points', '') : percent(value);
      const colour = m.signed ? value < 0 ? '--less' : '--more' : '--heat';
      button.style.background = value === null ? '' : 'rgb(var(' + colour + ') / ' + (0.75 * Math.min(1, Math.abs(value))).toFixed(3) + ')';
    });
    mark(to, 'to', k => m.numbers[selection.i * columns + k]);
    mark(from, 'from', k => m.numbers[k * columns + selection.i]);
  }

  function heat(m, at) {
    const rows = m.from.length, columns = m.to.length;
    const size = Math.max(4, Math.min(26, Math.floor(600 / Math.max(rows, columns))));
    const labels = size >= 11 ? 96 : 0;
    const width = labels + columns * size + 2, height = labels + rows * size + 2;
    const ratio = window.devicePixelRatio || 1;
    const canvas = el('canvas', { tabindex: '0', role: 'img', 'aria-label': 'Heat map: ' + rows + ' tokens that look, in rows, at ' + columns + ' tokens, in columns. Arrow keys move from cell to cell.', 'aria-describedby': 'readout' });
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = width + 'px';
    canvas.style.height = height + 'px';
    const draw = selection => {
      const palette = colours();
      const context = canvas.getContext('2d');
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const value = m.numbers[i * columns + j];
          const colour = m.signed ? value < 0 ? palette.less : palette.more : palette.heat;
          context.fillStyle = 'rgba(' + colour.join(',') + ',' + strength(value).toFixed(3) + ')';
          context.fillRect(labels + j * size, labels + i * size, size - (size > 8 ? 1 : 0), size - (size > 8 ? 1 : 0));
        }
      }
      context.strokeStyle = palette.grid;
      context.strokeRect(labels - 0.5, labels - 0.5, columns * size + 1, rows * size + 1);
      if (labels) {
        context.font = Math.min(13, size - 1) + 'px ui-monospace, Menlo, Consolas, monospace';
        context.textBaseline = 'middle';
        const short = text => { const v = visible(text); return v.length > 12 ? v.slice(0, 11) + '…' : v; };
        const ink = chosen => { context.fillStyle = chosen ? palette.ink : palette.muted; };
        context.textAlign = 'right';
        m.from.forEach((text, i) => { ink(selection && selection.i === i); context.fillText(short(text), labels - 5, labels + (i + 0.5) * size); });
        context.textAlign = 'left';
        m.to.forEach((text, j) => {
          ink(selection && selection.j === j);
          context.save();
          context.translate(labels + (j + 0.5) * size, labels - 5);
          context.rotate(-Math.PI / 2);
          context.fillText(short(text), 0, 0);
          context.restore();
        });
      }
      if (selection && selection.side === 'cell') {
        context.strokeStyle = palette.ink;
        context.lineWidth = 2;
        context.strokeRect(labels + selection.j * size, labels + selection.i * size, size, size);
        context.lineWidth = 1;
      }
    };
    const go = (i, j) => {
      if (i >= 0 && j >= 0 && i < rows && j < columns) { state.over = { panel: at, side: 'cell', i, j }; refresh(); }
    };
    canvas.addEventListener('pointermove', event => {
      const box = canvas.getBoundingClientRect();
      go(Math.floor((event.clientY - box.top - labels) / size), Math.floor((event.clientX - box.left - labels) / size));
    });
    canvas.addEventListener('pointerleave', () => { state.over = null; refresh(); });
    canvas.addEventListener('blur', () => { state.over = null; refresh(); });
    canvas.addEventListener('focus', () => { if (!state.over) go(0, 0); });
    canvas.addEventListener('keydown', event => {
      const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!step) return;
      event.preventDefault();
      const now = state.over || { i: 0, j: 0 };
      go(now.i + step[0], now.j + step[1]);
    });
    panels.push({ m, show: draw });
    return el('div', { class: 'heat' }, canvas);
  }

  /** For those who do not see the picture: the strongest weights of each token. */
  function drawNumbers() {
    const pair = heads.get(state.name);
    const all = shown().map(which => [which, matrix(pair, which)]).filter(([, m]) => m);
    byId('numbers').querySelector('div').replaceChildren(...all.map(([which, m]) => {
      const table = el('table', {}, el('caption', {}, title(state.name) + (two ? ', ' + which : '') + ': what each token looks at most'),
        el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Token'), el('th', { scope: 'col' }, 'First'), el('th', { scope: 'col' }, 'Second'), el('th', { scope: 'col' }, 'Third'))));
      const body = el('tbody');
      m.from.forEach((_, i) => {
        const best = m.to.map((_, j) => [j, m.numbers[i * m.to.length + j]]).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 3);
        body.append(el('tr', {}, el('th', { scope: 'row' }, ...named(m.from, i)), ...best.map(([j, w]) => el('td', {}, ...named(m.to, j), ' ' + points(w, m.signed)))));
      });
      table.append(body);
      return table;
    }));
  }

  // ---- beginning

  function drawLegend() {
    const palette = colours();
    const canvas = byId('ramp');
    canvas.width = 100;
    canvas.height = 1;
    const signed = state.compare === 'difference';
    const numbers = Float32Array.from({ length: 100 }, (_, i) => signed ? i / 49.5 - 1 : i / 99);
    const context = canvas.getContext('2d');
    const image = context.createImageData(100, 1);
    numbers.forEach((value, i) => {
      const colour = signed ? value < 0 ? palette.less : palette.more : palette.heat;
      image.data.set([...colour, Math.round(255 * strength(value))], 4 * i);
    });
    context.putImageData(image, 0, 0);
    byId('least').textContent = signed ? '−100 points' : '0 %';
    byId('most').textContent = signed ? '+100 points' : '100 %';
  }

  function drawAll() {
    if (!heads.has(state.name) || !state.name.startsWith(state.kind + '-')) {
      const [, layer, head] = state.name.split('-');
      const twin = state.kind + '-' + layer + '-' + head;
      state.name = heads.has(twin) ? twin : ofKind()[0];
      state.kept = null;
    }
    drawLegend();
    drawChanges();
    drawGrid();
    drawHead();
  }

  if (kinds.length > 1) {
    byId('controls').append(choice('kind', 'Who looks at whom', kinds.map(kind => [kind, kind[0].toUpperCase() + kind.slice(1)]), state.kind, value => { state.kind = value; state.kept = null; drawAll(); }));
  }
  if (comparable) {
    byId('controls').append(choice('compare', 'Show', [['side', 'Side by side'], ['difference', 'Difference']], state.compare, value => { state.compare = value; drawAll(); }));
  }
  byId('views').append(choice('view', 'As', [['lines', 'Lines'], ['heat', 'Heat map']], state.view, value => { state.view = value; state.over = null; state.kept = null; drawHead(); }));
  for (const [id, step] of [['previous', -1], ['next', 1]]) {
    byId(id).addEventListener('click', () => {
      const names = ofKind();
      const at = (names.indexOf(state.name) + step + names.length) % names.length;
      choose(names[at]);
    });
  }
  byId('numbers').addEventListener('toggle', () => { if (byId('numbers').open) drawNumbers(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  for (const part of document.querySelectorAll('.needs-script')) part.hidden = false;
  byId('content').classList.add(two ? 'two' : 'one');
  let waiting = 0;
  addEventListener('resize', () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 150); });
  drawAll();
})();
