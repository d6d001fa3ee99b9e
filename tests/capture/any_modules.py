"""Modules as people write them without transformers: what attention in them looks like."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, softmax


class OwnAttention(nn.Module):
    """Grouped-query attention by SDPA, imported by name, from one fused projection."""

    def __init__(self, causal: bool = True) -> None:
        super().__init__()
        self.causal = causal
        self.qkv = nn.Linear(32, 64)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(-1, (-1, 8)).transpose(1, 2) for part in self.qkv(x).split([32, 16, 16], -1)
        )
        mixed = scaled_dot_product_attention(query, key, value, is_causal=self.causal, enable_gqa=True)
        return mixed.transpose(1, 2).flatten(2)


class ViTAttention(nn.Module):
    """As in timm: query, key and value in one projection; fused, or by a softmax of its own."""

    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.fused = fused
        self.qkv, self.proj = nn.Linear(32, 96), nn.Linear(32, 32)
        self.softmax = nn.Softmax(dim=-1)
        self.weights: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x).unflatten(-1, (3, 4, 8)).permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            mixed = scaled_dot_product_attention(query, key, value)
        else:
            self.weights = self.softmax(query * 8**-0.5 @ key.transpose(-2, -1))
            mixed = self.weights @ value
        return self.proj(mixed.transpose(1, 2).flatten(2))


class ViTBlock(nn.Module):
    """Attention and an MLP, each behind a norm."""

    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(32), ViTAttention(fused)
        self.norm2, self.mlp = nn.LayerNorm(32), nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 32))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    """Images [batch, 3, 16, 16] as 16 patches behind a class token."""

    def __init__(self, fused: bool = True) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, 32, 4, 4)
        self.cls_token = nn.Parameter(torch.randn(1, 1, 32))
        self.blocks = nn.Sequential(ViTBlock(fused), ViTBlock(fused), ViTBlock(fused))

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patch_embed(images).flatten(2).transpose(1, 2)
        return self.blocks(torch.cat([self.cls_token.expand(len(images), -1, -1), patches], dim=1))


class HookedAttention(nn.Module):
    """As in TransformerLens: scores, then the pattern, each through a hook point."""

    def __init__(self) -> None:
        super().__init__()
        self.projection = nn.Linear(32, 96)
        self.hook_attn_scores, self.hook_pattern = nn.Identity(), nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.projection(x).unflatten(-1, (3, 4, 8)).permute(2, 0, 3, 1, 4).unbind(0)
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        scores = self.hook_attn_scores((query @ key.transpose(-2, -1) / 8**0.5).masked_fill(hidden, -torch.inf))
        return (self.hook_pattern(softmax(scores, dim=-1)) @ value).transpose(1, 2).flatten(2)


class Shortening(nn.Module):
    """Every second token is dropped between two attentions."""

    def __init__(self) -> None:
        super().__init__()
        self.long, self.short = OwnAttention(), OwnAttention()

    def forward(self, x: Tensor) -> Tensor:
        return self.short(self.long(x)[:, ::2])


class PooledAttention(nn.Module):
    """As in pyramid transformers: keys are pooled, so there are fewer of them than queries."""

    def forward(self, x: Tensor) -> Tensor:
        states = x.unflatten(-1, (4, 8)).transpose(1, 2)
        pooled = states[:, :, ::2]
        return (softmax(states @ pooled.transpose(-2, -1), dim=-1) @ pooled).transpose(1, 2).flatten(2)


class LinearAttention(nn.Module):
    """As in efficient attention: a softmax over features, and no matrix over tokens."""

    def forward(self, x: Tensor) -> Tensor:
        states = x.unflatten(-1, (4, 8)).transpose(1, 2)
        context = states.softmax(-2).transpose(-2, -1) @ states
        return (softmax(states, dim=-1) @ context).transpose(1, 2).flatten(2)
