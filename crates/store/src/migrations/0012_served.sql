-- Which bytes of an archive were sent, in all and through a link: JSON, ranges as [first, after the last].
ALTER TABLE archive ADD COLUMN served TEXT NOT NULL DEFAULT '[]';
ALTER TABLE link ADD COLUMN served TEXT NOT NULL DEFAULT '[]';
