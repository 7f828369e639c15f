/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* How text from others is escaped: in the daemon's journal and errors (show_text()) and on quaywallctl's terminal
 * (text_printable()). */

static const struct {
        const char *text, *shown;
} ESCAPES[] = {
        { "", "" },
        { "web, 10.0.0.1 \\n \"quoted\"", "web, 10.0.0.1 \\n \"quoted\"" },
        { "f\xc3\xbcr \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x90\x8b", "f\xc3\xbcr \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x90\x8b" },
        /* would be a line of its own in the journal, with a priority */
        { "x\n<2>quaywalld: all is lost", "x\\x0a<2>quaywalld: all is lost" },
        { "a\tb\r\v\f\a\b", "a\\x09b\\x0d\\x0b\\x0c\\x07\\x08" },
        { "\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07" },
        { "\x01\x1f\x7f", "\\x01\\x1f\\x7f" },
        /* C1 controls: CSI as one character, next line */
        { "\xc2\x9b"
          "2J\xc2\x85",
          "\\x9b2J\\x85" },
        /* line and paragraph separator */
        { "a\xe2\x80\xa8"
          "b\xe2\x80\xa9",
          "a\\u2028b\\u2029" },
        /* direction overrides and isolates, marks, soft hyphen, zero width space, byte order mark, a tag */
        { "\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae", "\\u202a\\u202b\\u202c\\u202d\\u202e" },
        { "\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9", "\\u2066\\u2067\\u2068\\u2069" },
        { "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u200e\\u200f\\u061c" },
        { "\xc2\xad\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x80\x81", "\\xad\\u200b\\ufeff\\ue0001" },
        /* not UTF-8: a lone byte, a truncated sequence, overlong, a surrogate, beyond Unicode */
        { "a\xff"
          "b\xc3",
          "a\\xffb\\xc3" },
        { "\xc0\x8a\xed\xa0\x80\xf5\x80\x80\x80", "\\xc0\\x8a\\xed\\xa0\\x80\\xf5\\x80\\x80\\x80" },
};
