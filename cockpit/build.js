#!/usr/bin/env node
// SPDX-License-Identifier: LGPL-2.1-or-later
// build.js [--out DIR]        the page, for Cockpit, in DIR (dist)
// build.js --tests FILE       the unit tests, as one script
// build.js --scripts DIR      the sources as plain JavaScript, for xgettext (po/update)
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

import * as esbuild from 'esbuild';
import { po } from 'gettext-parser';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
    options: { out: { type: 'string', default: join(here, 'dist') }, tests: { type: 'string' }, scripts: { type: 'string' } },
});

// PatternFly's fonts are Cockpit's (src/fonts.css): those of the package are not in its bundle.
const cockpitsFonts = {
    name: 'cockpits-fonts',
    setup(build) {
        build.onLoad({ filter: /react-core\/dist\/styles\/base\.css$/ }, ({ path }) => ({
            contents: readFileSync(path, 'utf8').replace(/@font-face\s*{[^}]*}/g, ''),
            loader: 'css',
        }));
        // the pictures are for PatternFly's "glass" theme, which Cockpit's pages do not use
        build.onResolve({ filter: /\.(woff2|svg)$/ }, ({ path }) => ({ path, external: true }));
    },
};

// The function of a plural rule; only what such a rule may have, since it becomes code.
function pluralRule(header) {
    const rule = /plural=([\sn0-9%!=<>&|?:()]+);?\s*$/.exec(header)?.[1];
    if (!rule)
        throw new Error(`not a plural rule: ${header}`);
    return `n => ${rule}`;
}

// What Cockpit loads as po.js for the user's language; "po.manifest" has what its menu and its search show.
function translation(file) {
    const { headers, translations } = po.parse(readFileSync(file), { validation: true });
    const language = basename(file, '.po');
    const render = wanted => {
        const header = `"":{"plural-forms":${pluralRule(headers['Plural-Forms'])},"language":${JSON.stringify(language)},` +
            '"language-direction":"ltr"}';
        const messages = Object.entries(translations).flatMap(([context, entries]) => Object.values(entries)
                .filter(entry => entry.msgid && entry.msgstr.every(Boolean) && !entry.comments?.flag?.includes('fuzzy') && wanted(entry))
                .map(entry => JSON.stringify((context ? context + '\u0004' : '') + entry.msgid) + ':' +
                    JSON.stringify([null, ...entry.msgstr])));
        return `cockpit.locale({${[header, ...messages].join(',\n')}});\n`;
    };
    // Cockpit 287 reads the manifest's texts from po.js, later ones from po.manifest.js.
    const ofManifest = entry => Boolean(entry.comments?.reference?.includes('manifest.json'));
    return { [`po.${language}.js`]: render(() => true), [`po.manifest.${language}.js`]: render(ofManifest) };
}

async function page(out) {
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    await esbuild.build({
        bundle: true,
        entryPoints: { index: join(here, 'src/index.tsx') },
        legalComments: 'external',
        minify: true,
        outdir: out,
        plugins: [cockpitsFonts],
        define: { 'process.env.NODE_ENV': '"production"' },
        jsx: 'automatic',
        target: 'es2022',
    });
    for (const file of readdirSync(join(here, 'po')).filter(name => name.endsWith('.po')))
        for (const [name, text] of Object.entries(translation(join(here, 'po', file))))
            writeFileSync(join(out, name), text);
    // Cockpit serves NAME.gz where NAME is asked for.
    for (const name of ['index.js', 'index.css']) {
        writeFileSync(join(out, `${name}.gz`), gzipSync(readFileSync(join(out, name)), { level: 9 }));
        rmSync(join(out, name));
    }
    // last: make takes it as the sign that all of them are there
    writeFileSync(join(out, 'index.html'), readFileSync(join(here, 'src/index.html')));
}

const sources = (folder, filter) => readdirSync(join(here, folder), { recursive: true, encoding: 'utf8' })
        .filter(name => filter.test(name)).map(name => join(here, folder, name));

if (options.tests)
    await esbuild.build({
        bundle: true,
        stdin: { contents: sources('tests', /\.test\.tsx?$/).map(name => `import ${JSON.stringify(name)};`).join('\n'), resolveDir: here },
        outfile: resolve(options.tests),
        platform: 'node',
        format: 'esm',
        jsx: 'automatic',
        target: 'node18',
        loader: { '.css': 'empty' },
    });
else if (options.scripts)
    await esbuild.build({ entryPoints: sources('src', /\.tsx?$/), outdir: resolve(options.scripts), outbase: here, jsx: 'automatic', charset: 'utf8' });
else
    await page(resolve(options.out));
