"""What `services.preprocess` rests on: an observation's constants, its WCS, and what is measured on it."""

from dataclasses import asdict

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from django.db.models import QuerySet

from astrid import storage
from astrid.fits import place_of, read_image
from astrid.models import Observation
from pipeline.imaging.calibrate import calibrate
from pipeline.imaging.chain import Quality
from pipeline.imaging.frame import BadParameterError, Flag, Frame
from pipeline.imaging.masters import apply_masters
from pipeline.masters import load
from pipeline.models import MasterFrame, MasterKind, PreprocessRun, RunStatus

Masters = dict[MasterKind, MasterFrame]


def is_coadd(observation: Observation) -> bool:
    """Whether the observation was made of calibrated ones, so that there is nothing left to calibrate."""
    return _completed(observation).filter(parameters__has_key="inputs").exists()


def standing_run(observation: Observation) -> PreprocessRun | None:
    """The run whose results stand: the last that was completed."""
    return _completed(observation).first()


def _completed(observation: Observation) -> QuerySet:
    return observation.preprocess_runs.filter(status=RunStatus.COMPLETED).order_by("-created_at", "-pk")


def parameters_of(observation: Observation, *, masters: Masters, wcs: WCS | None) -> dict:
    """All that decides what becomes of the observation's file; equal parameters make equal frames.

    A WCS solved by the stars stays in force for every later run.
    """
    solved = _completed(observation).filter(parameters__wcs__has_key="CTYPE1").first()
    return {
        "gain_e_per_adu": observation.gain_e_per_adu,
        "read_noise_e": observation.read_noise_e,
        "saturation_adu": observation.saturation_adu,
        **{str(kind): str(masters[kind].pk) if kind in masters else None for kind in MasterKind},
        "wcs": cards_of(wcs) if wcs is not None else solved and solved.parameters["wcs"],
    }


def calibrated(observation: Observation, *, masters: Masters, wcs_cards: dict | None) -> tuple[Frame, WCS]:
    """The observation's calibrated frame, and the WCS of its header, which the frame has where none was solved.

    Raises
    ------
    FitsRefused, MasterLostError, ImagingError
        The file, a master frame, or the image cannot be used.
    """
    if not observation.gain_e_per_adu:
        raise BadParameterError(
            f"no gain: neither the header of {observation} nor its survey {observation.survey} says it"
        )
    image = read_image(storage.path_of(observation.fits_file_path))
    detrended = apply_masters(
        image.data,
        **{str(kind): load(row) for kind, row in masters.items()},
        exposure_s=observation.exposure_time,
        saturation_adu=observation.saturation_adu,
    )
    frame = calibrate(
        detrended.data,
        wcs=WCS(fits.Header(wcs_cards)) if wcs_cards else image.wcs,
        gain_e_per_adu=observation.gain_e_per_adu,
        read_noise_e=observation.read_noise_e or 0.0,
        saturation_adu=observation.saturation_adu,
        flags=detrended.flags,
        sensitivity=detrended.sensitivity,
    )
    return frame, image.wcs


def cards_of(wcs: WCS) -> dict[str, str | int | float]:
    """A WCS as JSON."""
    return {card.keyword: card.value for card in wcs.to_header(relax=True).cards if card.keyword}


def place_on_sky(frame: Frame) -> dict:
    """Position, footprint and pixel scale as fields of an observation."""
    ny, nx = frame.shape
    return asdict(place_of(frame.wcs, width=nx, height=ny))


def update(observation: Observation, **fields) -> None:
    """Change what an observation says of itself."""
    for field, value in fields.items():
        setattr(observation, field, value)
    observation.save(update_fields=list(fields))


def correction(header_wcs: WCS, frame: Frame) -> dict[str, float]:
    """How far a header's WCS was from the frame's: of the centre, of the direction of a row, and of the scale."""
    ny, nx = frame.shape
    x, y = np.array([nx / 2, nx]) - 0.5, np.full(2, ny / 2 - 0.5)
    said, true = (wcs.pixel_to_world(x, y).icrs for wcs in (header_wcs, frame.wcs))
    angles_deg = [row[0].position_angle(row[1]).deg for row in (said, true)]
    return {
        "wcs_offset_deg": float(said[0].separation(true[0]).deg),
        "wcs_rotation_deg": float((angles_deg[1] - angles_deg[0] + 180) % 360 - 180),
        "wcs_scale_ratio": float(true[0].separation(true[1]) / said[0].separation(said[1])),
    }


def results_of(observation: Observation, frame: Frame, quality: Quality) -> dict:
    """What a preprocess run records of a frame."""
    zero_point = observation.zero_point_mag
    return {
        "wcs_info": cards_of(frame.wcs),
        "seeing_arcsec": quality.seeing_fwhm_px * place_on_sky(frame)["pixel_scale"],
        "zero_point_mag": zero_point,
        "sky_adu": quality.sky_adu,
        "noise_adu": quality.noise_adu,
        "depth_mag": None if zero_point is None else zero_point - 2.5 * np.log10(quality.depth_5sigma_adu),
        "star_count": quality.n_stars,
        "measurements": {
            "seeing_fwhm_px": quality.seeing_fwhm_px,
            "psf_ellipticity": quality.ellipticity,
            "depth_5sigma_adu": quality.depth_5sigma_adu,
            **{
                f"{flag.name.lower()}_fraction": np.count_nonzero(frame.mask & np.uint8(flag)) / frame.mask.size
                for flag in Flag
            },
        },
    }
