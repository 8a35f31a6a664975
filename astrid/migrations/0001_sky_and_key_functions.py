from django.db import migrations

UUID7 = """
CREATE FUNCTION astrid_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(
        set_bit(
            set_bit(
                overlay(
                    uuid_send(gen_random_uuid())
                    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                    FROM 1 FOR 6
                ),
                52, 1
            ),
            53, 1
        ),
        'hex'
    )::uuid
$$;
COMMENT ON FUNCTION astrid_uuid7() IS 'A UUIDv7: 48 bits of Unix milliseconds, then random bits (RFC 9562).';
"""

SEPARATION = """
CREATE FUNCTION sky_separation_arcsec(ra1 float8, dec1 float8, ra2 float8, dec2 float8)
RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 3600 * degrees(2 * asin(least(1, sqrt(
        sin(radians(dec2 - dec1) / 2) ^ 2
        + cos(radians(dec1)) * cos(radians(dec2)) * sin(radians(ra2 - ra1) / 2) ^ 2
    ))))
$$;
COMMENT ON FUNCTION sky_separation_arcsec(float8, float8, float8, float8) IS 'Great circle by haversine, degrees in.';
"""

# The half-width in RA of a cap is asin(sin r / cos dec); a cap that holds a pole spans every RA.
HALF_WIDTH = """
CREATE FUNCTION sky_half_width_deg(dec_deg float8, radius_deg float8)
RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN abs(dec_deg) + radius_deg >= 90 THEN 360
                ELSE degrees(asin(least(1, sin(radians(radius_deg)) / cos(radians(dec_deg))))) END
$$;
"""

# A margin of 1e-9 degrees (4 micro-arcsec) keeps rounding from losing rows at the box's edge. Three boxes, two of
# them shifted by a turn, serve cones across RA 0: PostgreSQL inlines this and reads the index once for each.
_BOX = """point(ra1, dec1) <@ box(
            point(ra2 + {turn} - sky_half_width_deg(dec2, radius_arcsec / 3600) - 1e-9,
                  dec2 - radius_arcsec / 3600 - 1e-9),
            point(ra2 + {turn} + sky_half_width_deg(dec2, radius_arcsec / 3600) + 1e-9,
                  dec2 + radius_arcsec / 3600 + 1e-9))"""

WITHIN = f"""
CREATE FUNCTION sky_within(ra1 float8, dec1 float8, ra2 float8, dec2 float8, radius_arcsec float8)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (
        {_BOX.format(turn=0)}
        OR {_BOX.format(turn=360)}
        OR {_BOX.format(turn=-360)}
    ) AND sky_separation_arcsec(ra1, dec1, ra2, dec2) <= radius_arcsec
$$;
COMMENT ON FUNCTION sky_within(float8, float8, float8, float8, float8) IS
    'Is position 1 in the cone of radius_arcsec round position 2? Served by an index on point(ra, dec).';
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(UUID7, "DROP FUNCTION astrid_uuid7()"),
        migrations.RunSQL(SEPARATION, "DROP FUNCTION sky_separation_arcsec(float8, float8, float8, float8)"),
        migrations.RunSQL(HALF_WIDTH, "DROP FUNCTION sky_half_width_deg(float8, float8)"),
        migrations.RunSQL(WITHIN, "DROP FUNCTION sky_within(float8, float8, float8, float8, float8)"),
    ]
