-- Logs of which an end was dropped: the headers that stay had been taken for freed.
UPDATE logs SET body_bytes =
    coalesce((SELECT sum(length(header) + length(bodies)) FROM entries
        WHERE entries.log = logs.log), 0)
    + coalesce((SELECT sum(length(bytes)) FROM blobs WHERE blobs.log = logs.log), 0)
WHERE log IN (SELECT log FROM entries WHERE void = 12);
